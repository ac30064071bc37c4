// The lists beside the picture, one at a time, with all there is to say of the line that was chosen.

import { element } from "../shared/dom.ts";
import { Lines } from "./list.ts";
import type { Micros } from "./source.ts";
import type { Item, List, Timeline } from "./timeline.ts";

const LISTS: [List, string, string][] = [
  ["actions", "Actions", "Nobody acted in this session."],
  ["console", "Console", "Nothing was written to the console."],
  ["network", "Network", "Nothing was requested."],
  ["events", "Events", "Nothing else happened."],
];

/** Characters of a detail that are shown. */
const MOST_DETAIL = 20_000;

export class Panel {
  readonly root = element("section", { class: "panel", attributes: { "aria-label": "What happened" } });
  readonly #buttons = new Map<List, HTMLButtonElement>();
  readonly #filter = element("input", { class: "filter", attributes: { type: "search", placeholder: "Filter", "aria-label": "Filter" } });
  readonly #detail = element("pre", { class: "detail", attributes: { tabindex: "0" } });
  readonly #close = element("button", { class: "detail-close", attributes: { type: "button", "aria-label": "Close details" } }, "×");
  readonly #more = element("div", { class: "detail-box" }, this.#close, this.#detail);
  readonly #lines: Lines;
  #open: List = "actions";
  #timeline: Timeline | undefined;

  constructor(seek: (time: Micros) => void) {
    this.#lines = new Lines((item) => {
      seek(item.t);
      this.#tell(item);
    });
    const strip = element("div", { class: "panel-strip", attributes: { role: "tablist" } });
    for (const [list, name] of LISTS) {
      const button = element("button", { attributes: { type: "button", role: "tab" } }, name, element("span", { class: "count" }));
      button.addEventListener("click", () => this.open(list));
      this.#buttons.set(list, button);
      strip.append(button);
    }
    this.#filter.addEventListener("input", () => this.#lines.filter(this.#filter.value));
    this.#close.addEventListener("click", () => (this.#more.hidden = true));
    this.#more.hidden = true;
    this.root.append(strip, this.#filter, this.#lines.root, this.#more);
  }

  /** Takes what is known by now; the first time, the list that has most to say is opened. */
  set(timeline: Timeline): void {
    const isFirst = !this.#timeline;
    this.#timeline = timeline;
    for (const [list, button] of this.#buttons) {
      const count = button.querySelector(".count");
      if (count) count.textContent = String(timeline.items[list].length);
    }
    const filled = LISTS.find(([list]) => timeline.items[list].length > 0);
    this.open(isFirst && filled ? filled[0] : this.#open);
  }

  open(list: List): void {
    this.#open = list;
    for (const [name, button] of this.#buttons) button.setAttribute("aria-selected", String(name === list));
    const empty = LISTS.find(([name]) => name === list)?.[2] ?? "";
    this.#lines.set(this.#timeline?.items[list] ?? [], empty);
  }

  show(now: Micros): void {
    this.#lines.show(now);
  }

  #tell(item: Item): void {
    const { kind: _, ...rest } = item.data;
    this.#detail.textContent = JSON.stringify(rest, null, 2).slice(0, MOST_DETAIL);
    this.#more.hidden = false;
  }
}
