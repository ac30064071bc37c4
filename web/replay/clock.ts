// The moment that is shown, and how it moves: at a speed, over idle stretches, and never past what is there.

import type { Micros } from "./source.ts";

export const SPEEDS = [0.5, 1, 1.5, 2, 4, 8] as const;

/** A stretch without anything happening that is skipped, and what is left of it at both ends. */
const IDLE: Micros = 2_000_000;
const LEAD: Micros = 400_000;

/** The longest step of one tick: a tab in the background must not jump ahead. */
const LONGEST_STEP = 250;

export class Clock {
  now: Micros = 0;
  begin: Micros = 0;
  end: Micros = 0;
  speed = 1;
  isPlaying = false;
  skipsIdle = true;
  /** When something happens, in order. */
  #activity: Micros[] = [];
  #last = 0;

  setActivity(times: Micros[]): void {
    this.#activity = times;
  }

  play(): void {
    if (this.now >= this.end) this.now = this.begin;
    this.isPlaying = true;
    this.#last = performance.now();
  }

  pause(): void {
    this.isPlaying = false;
  }

  seek(time: Micros): void {
    this.now = Math.min(Math.max(time, this.begin), this.end);
  }

  faster(steps: number): void {
    const place = SPEEDS.findIndex((speed) => speed >= this.speed);
    this.speed = SPEEDS[Math.min(Math.max(place + steps, 0), SPEEDS.length - 1)] ?? 1;
  }

  /** Moves on, unless the picture is still on its way; the idle time that was skipped. */
  tick(timestamp: number, isWaiting: boolean, isLive: boolean): Micros {
    const step = Math.min(Math.max(timestamp - this.#last, 0), LONGEST_STEP);
    this.#last = timestamp;
    if (!this.isPlaying || isWaiting) return 0;
    const target = this.now + step * 1000 * this.speed;
    const skipped = this.skipsIdle ? this.#skip(target) : 0;
    this.now = Math.min(target + skipped, this.end);
    // At the end of a session that runs there will be more.
    if (this.now >= this.end && !isLive) this.isPlaying = false;
    return skipped;
  }

  #skip(target: Micros): Micros {
    const next = this.#next(target);
    const before = this.#activity[next - 1] ?? this.begin;
    const after = this.#activity[next] ?? this.end;
    const isIdle = after - before > IDLE + 2 * LEAD && target >= before + LEAD && after - target > LEAD;
    return isIdle ? after - LEAD - target : 0;
  }

  #next(time: Micros): number {
    let [low, high] = [0, this.#activity.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#activity[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** `1:02:03` or `2:03`. */
export function clockText(time: Micros): string {
  const seconds = Math.max(Math.floor(time / 1e6), 0);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
