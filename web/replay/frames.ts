// The pictures: which there are, and the few that are held. Batches are loaded ahead of the moment that is shown; what was
// used longest ago is let go, so an hour's recording takes no more memory than a minute's.

import * as source from "./source.ts";
import type { Frame, Micros } from "./source.ts";

/** Bytes of pictures that are held. */
const MOST = 48 << 20;

/** Bytes that are loaded in one go. */
const BATCH = 1 << 20;

/** Pictures that are loaded in one go. */
const BATCH_PICTURES = 60;

/** How far ahead pictures are loaded. */
const AHEAD = 4_000_000;

export class Frames {
  #times: Micros[] = [];
  #bytes: number[] = [];
  /** By time; the order is that of their last use. */
  #held = new Map<Micros, Frame>();
  #heldBytes = 0;
  #missing = new Set<Micros>();
  #loading: { from: Micros; to: Micros; abort: AbortController } | null = null;
  /** Called when a batch has come. */
  arrived: () => void = () => {};

  add(times: Micros[], bytes: number[]): void {
    const last = this.#times.at(-1) ?? -1;
    times.forEach((time, place) => {
      if (time <= last) return;
      this.#times.push(time);
      this.#bytes.push(bytes[place] ?? 0);
    });
  }

  get count(): number {
    return this.#times.length;
  }

  get first(): Micros | undefined {
    return this.#times[0];
  }

  get last(): Micros | undefined {
    return this.#times.at(-1);
  }

  get held(): number {
    return this.#heldBytes;
  }

  /** The place of the picture that is seen at `time`; -1 before the first. */
  place(time: Micros): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  time(place: number): Micros | undefined {
    return this.#times[place];
  }

  /** The picture that is seen at `time`: `undefined` where there is none, `null` while it is on its way. */
  at(time: Micros): Frame | null | undefined {
    for (let place = this.place(time); place >= 0; place--) {
      const taken = this.#times[place];
      if (taken === undefined) return undefined;
      const frame = this.#held.get(taken);
      if (frame) {
        this.#held.delete(taken);
        this.#held.set(taken, frame);
        return frame;
      }
      if (!this.#missing.has(taken)) return null;
    }
    return undefined;
  }

  /** Loads what will be seen from `time` on, unless it is there or on its way. */
  want(time: Micros): void {
    const place = Math.max(this.place(time), 0);
    let begin = place;
    while (begin < this.#times.length && this.#isKnown(begin)) begin++;
    const from = this.#times[begin];
    if (from === undefined || from > time + AHEAD) return;
    const loading = this.#loading;
    if (loading) {
      const isComing = loading.from <= from && from < loading.to;
      // What is loaded for later waits for what is needed now.
      if (isComing || begin > place) return;
      loading.abort.abort();
    }
    void this.#load(begin, from);
  }

  /** One picture for a preview; not held. */
  async peek(time: Micros, signal: AbortSignal): Promise<Frame | undefined> {
    const taken = this.#times[Math.max(this.place(time), 0)];
    if (taken === undefined) return undefined;
    return this.#held.get(taken) ?? (await source.frames(taken, taken + 1, signal))[0];
  }

  #isKnown(place: number): boolean {
    const time = this.#times[place];
    return time !== undefined && (this.#held.has(time) || this.#missing.has(time));
  }

  async #load(begin: number, from: Micros): Promise<void> {
    let end = begin;
    for (let bytes = 0; end < this.#times.length && end - begin < BATCH_PICTURES && bytes < BATCH; end++) {
      bytes += this.#bytes[end] ?? 0;
    }
    const to = (this.#times[end - 1] ?? from) + 1;
    const loading = { from, to, abort: new AbortController() };
    this.#loading = loading;
    try {
      const found = await source.frames(from, to, loading.abort.signal);
      for (const frame of found) this.#hold(frame);
      // What the server does not have any more will not come; what did not fit into its answer is asked for again.
      const reached = found.at(-1)?.time ?? to;
      for (const time of this.#times.slice(begin, end)) {
        if (time <= reached && !this.#held.has(time)) this.#missing.add(time);
      }
    } catch {
      if (!loading.abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000));
    } finally {
      if (this.#loading === loading) this.#loading = null;
      this.arrived();
    }
  }

  #hold(frame: Frame): void {
    if (this.#held.has(frame.time)) return;
    this.#held.set(frame.time, frame);
    this.#heldBytes += frame.jpeg.size;
    for (const [time, old] of this.#held) {
      if (this.#heldBytes <= MOST || old === frame) break;
      this.#held.delete(time);
      this.#heldBytes -= old.jpeg.size;
    }
  }
}
