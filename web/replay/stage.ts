// The picture of the moment, and where somebody pointed in it.

import { element } from "../shared/dom.ts";
import { placeOf, type Point } from "./timeline.ts";
import type { Frame, Micros } from "./source.ts";

/** How long a press stays to be seen. */
const PRESS = 900_000;

/** How long after its last move the pointer is shown. */
const POINTER = 5_000_000;

export class Stage {
  readonly root = element("div", { class: "stage" });
  readonly #canvas = element("canvas", { attributes: { role: "img", "aria-label": "The page at this moment" } });
  readonly #word = element("p", { class: "stage-word" });
  readonly #chip = element("p", { class: "stage-chip" });
  #frame: Frame | undefined;
  #bitmap: ImageBitmap | undefined;
  #decoding: Frame | undefined;
  #chipUntil = 0;

  constructor() {
    this.root.append(this.#canvas, this.#word, this.#chip);
    this.say("");
    this.#chip.hidden = true;
  }

  /** What is shown, where something is. */
  get frame(): Frame | undefined {
    return this.#frame;
  }

  /** Words in place of a picture. */
  say(words: string): void {
    this.#word.textContent = words;
    this.#word.hidden = !words;
    this.#canvas.hidden = Boolean(words) && !this.#bitmap;
  }

  /** A few words over the picture, for a moment. */
  tell(words: string): void {
    this.#chip.textContent = words;
    this.#chip.hidden = false;
    this.#chipUntil = performance.now() + 1500;
  }

  clear(): void {
    this.#bitmap?.close();
    this.#bitmap = undefined;
    this.#frame = undefined;
    this.#canvas.hidden = true;
  }

  draw(frame: Frame | undefined, points: readonly Point[], now: Micros): void {
    if (performance.now() > this.#chipUntil) this.#chip.hidden = true;
    if (frame && frame !== this.#frame) void this.#decode(frame);
    if (!this.#bitmap || !this.#frame) return;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.drawImage(this.#bitmap, 0, 0);
    this.#drawPoints(context, this.#frame, points, now);
  }

  /** One at a time: what comes faster than it can be decoded is passed over. */
  async #decode(frame: Frame): Promise<void> {
    if (this.#decoding) return;
    this.#decoding = frame;
    try {
      const bitmap = await createImageBitmap(frame.jpeg);
      this.#bitmap?.close();
      this.#bitmap = bitmap;
      if (this.#canvas.width !== bitmap.width || this.#canvas.height !== bitmap.height) {
        [this.#canvas.width, this.#canvas.height] = [bitmap.width, bitmap.height];
      }
      this.#canvas.hidden = false;
    } catch {
      // A picture that cannot be read leaves the one before it.
    } finally {
      this.#frame = frame;
      this.#decoding = undefined;
    }
  }

  #drawPoints(context: CanvasRenderingContext2D, frame: Frame, points: readonly Point[], now: Micros): void {
    const [across, down] = [context.canvas.width / (frame.width || 1), context.canvas.height / (frame.height || 1)];
    const unit = Math.max(context.canvas.width / 1280, 0.5);
    let pointer: Point | undefined;
    for (let place = placeOf(points, now); place >= 0; place--) {
      const point = points[place];
      if (!point || now - point.t > POINTER) break;
      if (point.page && point.page !== frame.page) continue;
      pointer ??= point;
      if (point.kind === "press" && now - point.t < PRESS) {
        press(context, point.x * across, point.y * down, (now - point.t) / PRESS, unit);
      }
    }
    if (pointer) cursor(context, pointer.x * across, pointer.y * down, unit);
  }
}

function press(context: CanvasRenderingContext2D, x: number, y: number, age: number, unit: number): void {
  context.beginPath();
  context.arc(x, y, (8 + 22 * age) * unit, 0, 2 * Math.PI);
  context.lineWidth = 3 * unit;
  context.strokeStyle = `rgba(255, 150, 40, ${1 - age})`;
  context.fillStyle = `rgba(255, 180, 84, ${0.35 * (1 - age)})`;
  context.fill();
  context.stroke();
}

/** An arrow, as on a screen: its tip, left edge, notch, shaft and right wing. */
const ARROW = [[0, 0], [0, 16], [3.8, 12.4], [6.4, 18.2], [9, 17], [6.4, 11.4], [11.4, 11.4]] as const;

function cursor(context: CanvasRenderingContext2D, x: number, y: number, unit: number): void {
  context.beginPath();
  for (const [right, down] of ARROW) context.lineTo(x + right * 1.3 * unit, y + down * 1.3 * unit);
  context.closePath();
  context.fillStyle = "rgb(255, 150, 40)";
  context.strokeStyle = "rgb(20, 20, 20)";
  context.lineWidth = 1.5 * unit;
  context.fill();
  context.stroke();
}
