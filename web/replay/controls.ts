// Buttons and keys: play, speed, idle time, the whole screen, and the video.

import { element } from "../shared/dom.ts";
import { clockText, SPEEDS, type Clock } from "./clock.ts";
import * as source from "./source.ts";
import type { Micros } from "./source.ts";

export interface Acts {
  toggle(): void;
  seek(time: Micros): void;
  step(frames: number): void;
}

const KEYS = "Space play · ← → 5 s · , . one picture · ↑ ↓ speed · I idle · 0–9 place · F full screen";

export class Controls {
  readonly root = element("div", { class: "controls", attributes: { title: KEYS } });
  readonly #play = button("play", "Play (space)");
  readonly #time = element("span", { class: "time" });
  readonly #speed = element("select", { class: "speed", attributes: { "aria-label": "Speed" } });
  readonly #idle = element("input", { attributes: { type: "checkbox", id: "skip-idle" } });
  readonly #live = button("to-live", "Go to now");
  readonly #video = button("video", "Make a video of this recording");
  #clock: Clock;

  constructor(clock: Clock, acts: Acts, full: () => void) {
    this.#clock = clock;
    for (const speed of SPEEDS) {
      this.#speed.append(element("option", { attributes: { value: String(speed) } }, `${speed}×`));
    }
    this.#idle.checked = clock.skipsIdle;
    this.#live.textContent = "● Live";
    this.#live.hidden = true;
    this.#video.textContent = "Export video";
    const idle = element("label", { class: "idle", attributes: { for: "skip-idle" } }, this.#idle, "Skip idle");
    this.root.append(this.#play, this.#time, element("span", { class: "gap" }), this.#live, idle, this.#speed, this.#video);
    this.#play.addEventListener("click", acts.toggle);
    this.#live.addEventListener("click", () => acts.seek(clock.end));
    this.#speed.addEventListener("change", () => (clock.speed = Number(this.#speed.value)));
    this.#idle.addEventListener("change", () => (clock.skipsIdle = this.#idle.checked));
    this.#video.addEventListener("click", () => void this.#export());
    addEventListener("keydown", (event) => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (press(event, clock, acts, full)) event.preventDefault();
    });
  }

  draw(isLive: boolean): void {
    this.#play.classList.toggle("is-playing", this.#clock.isPlaying);
    this.#play.setAttribute("aria-label", this.#clock.isPlaying ? "Pause" : "Play");
    this.#time.textContent = `${clockText(this.#clock.now - this.#clock.begin)} / ${clockText(this.#clock.end - this.#clock.begin)}`;
    this.#speed.value = String(this.#clock.speed);
    this.#idle.checked = this.#clock.skipsIdle;
    this.#live.hidden = !isLive;
  }

  /** Without pictures there is no video. */
  allowVideo(isAllowed: boolean): void {
    this.#video.hidden = !isAllowed;
  }

  async #export(): Promise<void> {
    if (this.#video.disabled) return;
    this.#video.disabled = true;
    try {
      for (let made = await source.exportVideo("POST"); ; made = await source.exportVideo("GET")) {
        if (made.state === "failed" || made.state === "none") throw new Error(made.error?.message ?? "The video was not made");
        if (made.state === "done") break;
        this.#video.textContent = made.state === "queued" ? "Waiting…" : `Video ${Math.round(made.progress * 100)} %`;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      element("a", { attributes: { href: source.videoFile, download: "" } }).click();
      this.#video.textContent = "Save video again";
    } catch (error) {
      this.#video.textContent = "No video";
      this.#video.title = error instanceof Error ? error.message : "";
    } finally {
      this.#video.disabled = false;
    }
  }
}

function button(name: string, says: string): HTMLButtonElement {
  return element("button", { class: name, attributes: { type: "button", "aria-label": says, title: says } });
}

/** Whether the key means something here. */
function press(event: KeyboardEvent, clock: Clock, acts: Acts, full: () => void): boolean {
  const by = (seconds: number) => acts.seek(clock.now + seconds * 1e6);
  if (/^[0-9]$/.test(event.key)) {
    acts.seek(clock.begin + ((clock.end - clock.begin) * Number(event.key)) / 10);
    return true;
  }
  const meaning: Record<string, () => void> = {
    " ": acts.toggle,
    k: acts.toggle,
    ArrowLeft: () => by(event.shiftKey ? -1 : -5),
    ArrowRight: () => by(event.shiftKey ? 1 : 5),
    j: () => by(-10),
    l: () => by(10),
    ",": () => acts.step(-1),
    ".": () => acts.step(1),
    ArrowUp: () => clock.faster(1),
    ArrowDown: () => clock.faster(-1),
    ">": () => clock.faster(1),
    "<": () => clock.faster(-1),
    Home: () => acts.seek(clock.begin),
    End: () => acts.seek(clock.end),
    i: () => (clock.skipsIdle = !clock.skipsIdle),
    f: full,
  };
  const act = Object.hasOwn(meaning, event.key) ? meaning[event.key] : undefined;
  act?.();
  return Boolean(act);
}
