// A list of any length: only the lines that can be seen are elements.

import { element } from "../shared/dom.ts";
import { clockText } from "./clock.ts";
import { placeOf, type Item } from "./timeline.ts";
import type { Micros } from "./source.ts";

const HEIGHT = 28;
const SPARE = 6;

export class Lines {
  readonly root = element("div", { class: "lines", attributes: { tabindex: "0", role: "listbox" } });
  readonly #space = element("div", { class: "lines-space" });
  readonly #empty = element("p", { class: "lines-empty" });
  #all: Item[] = [];
  #shown: Item[] = [];
  #filter = "";
  #current = -1;
  #isTouched = false;

  constructor(chosen: (item: Item) => void) {
    this.root.append(this.#space, this.#empty);
    this.root.addEventListener("scroll", () => this.#draw());
    // Whoever reads in the list is not pulled away from there.
    this.root.addEventListener("pointerenter", () => (this.#isTouched = true));
    this.root.addEventListener("pointerleave", () => (this.#isTouched = false));
    this.root.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-place]") : null;
      const item = row && this.#shown[Number(row.dataset["place"])];
      if (item) chosen(item);
    });
    new ResizeObserver(() => this.#draw()).observe(this.root);
  }

  set(items: Item[], empty: string): void {
    this.#all = items;
    this.#empty.textContent = empty;
    this.#apply();
  }

  filter(words: string): void {
    this.#filter = words.toLowerCase();
    this.#apply();
  }

  /** Marks the line of the moment and keeps it in view. */
  show(time: Micros): void {
    const current = placeOf(this.#shown, time);
    if (current === this.#current) return;
    this.#current = current;
    if (!this.#isTouched && current >= 0) {
      const [top, height] = [current * HEIGHT, this.root.clientHeight];
      const isSeen = top >= this.root.scrollTop && top + HEIGHT <= this.root.scrollTop + height;
      if (!isSeen) this.root.scrollTop = Math.max(top - height / 2, 0);
    }
    this.#draw();
  }

  #apply(): void {
    const fits = (item: Item) => `${item.tag} ${item.text} ${item.aside}`.toLowerCase().includes(this.#filter);
    this.#shown = this.#filter ? this.#all.filter(fits) : this.#all;
    this.#current = -2;
    this.#space.style.height = `${this.#shown.length * HEIGHT}px`;
    this.#empty.hidden = this.#shown.length > 0;
    this.#draw();
  }

  #draw(): void {
    const first = Math.max(Math.floor(this.root.scrollTop / HEIGHT) - SPARE, 0);
    const last = Math.min(first + Math.ceil(this.root.clientHeight / HEIGHT) + 2 * SPARE, this.#shown.length);
    const rows = this.#shown.slice(first, last).map((item, place) => this.#row(item, first + place));
    this.#space.replaceChildren(...rows);
  }

  #row(item: Item, place: number): HTMLElement {
    const state = place === this.#current ? " is-current" : place > this.#current ? " is-later" : "";
    const row = element(
      "div",
      { class: `line tone-${item.tone}${state}`, attributes: { "data-place": String(place), role: "option" } },
      element("time", {}, clockText(item.t)),
      element("span", { class: "line-tag" }, item.tag),
      element("span", { class: "line-text" }, item.text.slice(0, 400)),
      element("span", { class: "line-aside" }, item.aside),
    );
    row.style.transform = `translateY(${place * HEIGHT}px)`;
    return row;
  }
}
