// Where in the recording: a bar to seek on, with what happened marked on it and a preview under the pointer.

import { element } from "../shared/dom.ts";
import { clockText, type Clock } from "./clock.ts";
import type { Frames } from "./frames.ts";
import type { Micros } from "./source.ts";
import type { Item, Timeline } from "./timeline.ts";

const PREVIEW_WIDTH = 192;

/** Previews are asked for once the pointer rests this long. */
const REST = 90;

export class SeekBar {
  readonly root = element("div", { class: "seek", attributes: { role: "slider", tabindex: "0", "aria-label": "Moment" } });
  readonly #done = element("div", { class: "seek-done" });
  readonly #marks = element("canvas", { class: "seek-marks", attributes: { height: "16" } });
  readonly #knob = element("div", { class: "seek-knob" });
  readonly #preview = element("div", { class: "seek-preview" });
  readonly #picture = element("canvas", { attributes: { width: String(PREVIEW_WIDTH), height: "108" } });
  readonly #label = element("span");
  #clock: Clock;
  #frames: Frames;
  #peeking = new AbortController();
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(clock: Clock, frames: Frames, seek: (time: Micros) => void) {
    [this.#clock, this.#frames] = [clock, frames];
    this.#preview.append(this.#picture, this.#label);
    this.#preview.hidden = true;
    this.root.append(element("div", { class: "seek-track" }, this.#done), this.#marks, this.#knob, this.#preview);
    this.root.addEventListener("pointerdown", (event) => {
      this.root.setPointerCapture(event.pointerId);
      seek(this.#time(event));
    });
    this.root.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) seek(this.#time(event));
      this.#hover(event);
    });
    this.root.addEventListener("pointerleave", () => this.#leave());
  }

  /** Lays out what happened. */
  mark(timeline: Timeline): void {
    this.#marks.width = Math.max(this.root.clientWidth, 1);
    const context = this.#marks.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, this.#marks.width, this.#marks.height);
    const put = (items: readonly Item[], fits: (item: Item) => boolean, colour: string, top: number, height: number) => {
      context.fillStyle = colour;
      for (const item of items) if (fits(item)) context.fillRect(this.#share(item.t) * (this.#marks.width - 2), top, 2, height);
    };
    put(timeline.items.events, (item) => item.tag === "navigation", "#6cb6ff", 0, 6);
    put(timeline.items.actions, () => true, "#ffb454", 0, 6);
    put(timeline.items.console, (item) => item.tone === "bad", "#ff6b6b", 10, 6);
    put(timeline.items.network, (item) => item.tone === "bad", "#ff6b6b", 10, 6);
  }

  draw(): void {
    const share = this.#share(this.#clock.now);
    this.#done.style.transform = `scaleX(${share})`;
    this.#knob.style.left = `${share * 100}%`;
    this.root.setAttribute("aria-valuetext", clockText(this.#clock.now));
  }

  #share(time: Micros): number {
    const length = this.#clock.end - this.#clock.begin;
    return length > 0 ? Math.min(Math.max((time - this.#clock.begin) / length, 0), 1) : 0;
  }

  #time(event: PointerEvent): Micros {
    const box = this.root.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return this.#clock.begin + share * (this.#clock.end - this.#clock.begin);
  }

  #hover(event: PointerEvent): void {
    const time = this.#time(event);
    const box = this.root.getBoundingClientRect();
    const half = PREVIEW_WIDTH / 2 + 6;
    this.#preview.hidden = false;
    this.#preview.style.left = `${Math.min(Math.max(event.clientX - box.left, half), Math.max(box.width - half, half))}px`;
    this.#label.textContent = clockText(time);
    this.#picture.hidden = this.#frames.count === 0;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.#peek(time), REST);
  }

  #leave(): void {
    clearTimeout(this.#resting);
    this.#peeking.abort();
    this.#preview.hidden = true;
  }

  async #peek(time: Micros): Promise<void> {
    this.#peeking.abort();
    const peeking = (this.#peeking = new AbortController());
    try {
      const frame = await this.#frames.peek(time, peeking.signal);
      if (!frame || peeking.signal.aborted) return;
      const bitmap = await createImageBitmap(frame.jpeg, { resizeWidth: PREVIEW_WIDTH, resizeQuality: "medium" });
      this.#picture.height = bitmap.height;
      this.#picture.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
    } catch {
      // A preview that does not come is not missed.
    }
  }
}
