// What is above the picture: tabs, the address, and control.
import { element } from "../shared/dom.ts";
import type { Link } from "./connection.ts";
import { icon } from "./icons.ts";
import type { Send, State, Tab } from "./protocol.ts";

export interface Bar {
  root: HTMLElement;
  show(state: State): void;
  setScope(mayControl: boolean): void;
  setLink(link: Link): void;
  nudge(): void;
}

const button = (name: string, label: string, act: () => void) => {
  const made = element("button", { class: "tool", attributes: { type: "button", title: label, "aria-label": label } }, icon(name));
  made.addEventListener("click", act);
  return made;
};

/** What was typed, as an address: its scheme is guessed where there is none. */
export function address(text: string): string {
  const typed = text.trim();
  if (/^[a-z][a-z0-9+.-]*:(?!\d+(\/|$))/i.test(typed)) return typed;
  const isLocal = /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])(:\d+)?(\/|$)/i.test(typed);
  return `${isLocal ? "http" : "https"}://${typed}`;
}

export function bar(send: Send): Bar {
  const list = element("div", { class: "tabs", attributes: { role: "tablist", "aria-label": "Tabs" } });
  const fresh = button("plus", "New tab", () => send({ type: "open" }));
  const light = element("span", { class: "light", attributes: { role: "status" } });
  const brand = element("span", { class: "brand" }, icon("hangar"), "Hangar");

  const back = button("back", "Back", () => send({ type: "back" }));
  const forward = button("forward", "Forward", () => send({ type: "forward" }));
  const reload = button("reload", "Reload", () => send({ type: "reload" }));
  const field = element("input", {
    class: "address",
    attributes: { type: "text", "aria-label": "Address", spellcheck: "false", autocomplete: "off", autocapitalize: "off" },
  });
  const form = element("form", { class: "where" }, field);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ type: "navigate", url: address(field.value) });
    field.blur();
  });
  field.addEventListener("focus", () => field.select());

  const holder = element("span", { class: "holder" });
  const share = element("button", { class: "quiet share", attributes: { type: "button", title: "Act together with the client" } }, "Share");
  const take = element("button", { class: "take", attributes: { type: "button" } }, icon("hand"), "Take control");
  const done = element("button", { class: "done", attributes: { type: "button" } }, icon("check"), "Done");
  share.addEventListener("click", () => send({ type: "share" }));
  take.addEventListener("click", () => send({ type: "take" }));
  done.addEventListener("click", () => send({ type: "done" }));

  const root = element(
    "header",
    { class: "bar" },
    element("div", { class: "row" }, brand, list, fresh, light),
    element("div", { class: "row" }, back, forward, reload, form, holder, share, take, done),
  );
  let mayControl = false;

  function tab({ id, title, url, isCrashed }: Tab, isShown: boolean, isMine: boolean): HTMLElement {
    const name = element("button", { class: "name", attributes: { type: "button", role: "tab", "aria-selected": String(isShown) } });
    name.textContent = title || url || "New tab";
    name.title = title ? `${title}\n${url}` : url;
    name.addEventListener("click", () => send({ type: "switch", tab: id }));
    const made = element("div", { class: "tab" }, name);
    made.classList.toggle("shown", isShown);
    made.classList.toggle("crashed", isCrashed);
    if (isMine) made.append(button("close", "Close tab", () => send({ type: "close", tab: id })));
    return made;
  }

  let before = "";
  function show(state: State): void {
    const now = JSON.stringify([state.tabs, state.shown, state.isMine]);
    if (now !== before) {
      before = now;
      list.replaceChildren(...state.tabs.map((one) => tab(one, one.id === state.shown, state.isMine)));
      list.querySelector(".shown")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    const shown = state.tabs.find((one) => one.id === state.shown);
    if (document.activeElement !== field) field.value = shown?.url === "about:blank" ? "" : (shown?.url ?? "");
    field.readOnly = !state.isMine;
    field.placeholder = state.isMine ? "Type an address" : "";
    for (const tool of [back, forward, reload, fresh]) tool.disabled = !state.isMine;
    const isShared = state.control === "shared";
    holder.textContent = isShared ? "You and the client act together" : state.isMine ? "You have control" : state.control === "person" ? "Another person has control" : "The client has control";
    if (!mayControl) holder.textContent = state.control === "client" ? "View only" : `View only · ${isShared ? "shared control" : "a person has control"}`;
    take.hidden = !mayControl || (state.isMine && !isShared) || (state.control === "person" && !state.isMine);
    share.hidden = !mayControl || isShared || (state.control === "person" && !state.isMine);
    done.hidden = !state.isMine;
  }

  return {
    root,
    show,
    setScope: (may) => {
      mayControl = may;
      root.classList.toggle("view-only", !may);
    },
    setLink: (link) => {
      const text = typeof link === "string" ? { connecting: "Connecting", connected: "Live", broken: "Reconnecting" }[link] : "Over";
      light.textContent = text;
      light.className = `light ${typeof link === "string" ? link : "over"}`;
      if (link !== "connected") {
        for (const tool of [back, forward, reload, fresh]) tool.disabled = true;
        for (const one of [take, share, done]) one.hidden = true;
        holder.textContent = "";
        field.readOnly = true;
      }
    },
    nudge: () => {
      take.classList.remove("nudge");
      requestAnimationFrame(() => take.classList.add("nudge"));
    },
  };
}
