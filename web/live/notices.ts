// Short words at the edge that go away by themselves.
import { element } from "../shared/dom.ts";

const STAYS_MS = 4_000;
const MOST = 4;

export function notices(): { root: HTMLElement; tell(text: string, code?: string): void } {
  const root = element("div", { class: "notices", attributes: { role: "status", "aria-live": "polite" } });
  return {
    root,
    tell: (text, code) => {
      const one = element("div", { class: "notice" }, text);
      if (code) one.dataset["code"] = code;
      while (root.childElementCount >= MOST) root.firstElementChild?.remove();
      root.append(one);
      setTimeout(() => one.remove(), STAYS_MS);
    },
  };
}
