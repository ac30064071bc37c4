// The tabs and the address as they were at the moment.

import { element } from "../shared/dom.ts";
import { placeOf, type TabChange } from "./timeline.ts";
import type { Micros } from "./source.ts";

interface Tab {
  url: string;
  title: string;
}

export class Tabs {
  readonly root = element("div", { class: "tabs" });
  readonly #strip = element("div", { class: "tab-strip" });
  readonly #address = element("div", { class: "address" });
  #tabs = new Map<string, Tab>();
  #applied = -1;
  #changes: readonly TabChange[] = [];
  #drawn = "";

  constructor() {
    this.root.append(this.#strip, this.#address);
  }

  set(changes: readonly TabChange[]): void {
    this.#changes = changes;
    this.#rewind();
  }

  /** Shows the tabs at `now`; `seen` is the page whose picture is shown. */
  show(now: Micros, seen: string | undefined): void {
    const place = placeOf(this.#changes, now);
    if (place < this.#applied) this.#rewind();
    for (; this.#applied < place; this.#applied++) this.#apply(this.#changes[this.#applied + 1]);
    const active = seen && this.#tabs.has(seen) ? seen : [...this.#tabs.keys()].at(-1);
    const drawn = JSON.stringify([active, ...this.#tabs]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const tabs = [...this.#tabs].map(([page, tab]) =>
      element("span", { class: page === active ? "tab is-active" : "tab" }, tab.title || tab.url || "New tab"),
    );
    this.#strip.replaceChildren(...tabs);
    this.#address.textContent = (active && this.#tabs.get(active)?.url) || "";
  }

  #rewind(): void {
    this.#tabs.clear();
    this.#applied = -1;
  }

  #apply(change: TabChange | undefined): void {
    if (!change) return;
    if (change.kind === "closed") {
      this.#tabs.delete(change.page);
      return;
    }
    const tab = this.#tabs.get(change.page) ?? { url: "", title: "" };
    if (change.kind === "url") [tab.url, tab.title] = [change.text, ""];
    if (change.kind === "title" && change.text) tab.title = change.text;
    this.#tabs.set(change.page, tab);
  }
}
