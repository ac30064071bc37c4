// The replay: pictures, pointer, tabs and lists of a recording, all at one moment.

import "../shared/style.css";
import "./style.css";
import { element } from "../shared/dom.ts";
import { Clock } from "./clock.ts";
import { Controls } from "./controls.ts";
import { Frames } from "./frames.ts";
import { Panel } from "./panel.ts";
import { SeekBar } from "./seekbar.ts";
import * as source from "./source.ts";
import type { Manifest, Micros } from "./source.ts";
import { Stage } from "./stage.ts";
import { Tabs } from "./tabs.ts";
import { bytes, Timeline } from "./timeline.ts";

/** How often a recording that grows is asked for more. */
const POLL = 1500;

class Replay {
  readonly #clock = new Clock();
  readonly #frames = new Frames();
  readonly #stage = new Stage();
  readonly #tabs = new Tabs();
  readonly #panel = new Panel((time) => this.#seek(time));
  readonly #seekBar = new SeekBar(this.#clock, this.#frames, (time) => this.#seek(time));
  readonly #facts = element("span", { class: "facts" });
  readonly #controls: Controls;
  #manifest: Manifest;
  #timeline: Timeline;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#timeline = new Timeline(manifest);
    const picture = element("section", { class: "picture", attributes: { "aria-label": "Recording" } });
    const acts = {
      toggle: () => (this.#clock.isPlaying ? this.#clock.pause() : this.#clock.play()),
      seek: (time: Micros) => this.#seek(time),
      step: (frames: number) => this.#step(frames),
    };
    this.#controls = new Controls(this.#clock, acts, () => void picture.requestFullscreen());
    picture.append(this.#tabs.root, this.#stage.root, this.#seekBar.root, this.#controls.root);
    const name = element("strong", {}, "Hangar");
    const header = element("header", {}, name, element("span", { class: "session" }, manifest.session), this.#facts);
    document.body.replaceChildren(header, element("main", {}, picture, this.#panel.root));
    this.#take(manifest);
    this.#clock.now = this.#clock.begin;
    this.#stage.root.addEventListener("click", acts.toggle);
    new ResizeObserver(() => this.#seekBar.mark(this.#timeline)).observe(this.#seekBar.root);
  }

  async run(): Promise<void> {
    const draw = (timestamp: number) => {
      this.#draw(timestamp);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    await this.#readNotes();
    this.#clock.play();
    while (this.#manifest.live || this.#manifest.tail !== "closed") {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      const known = this.#manifest.tail;
      const next = await source.manifest((this.#frames.last ?? -1) + 1).catch(() => null);
      if (!next) continue;
      this.#take(next);
      if (next.entries !== this.#timeline.read) await this.#readNotes();
      // Whoever wrote it was killed: nothing more will come.
      if (!next.live && next.tail === known) break;
    }
    this.#manifest.live = false;
  }

  #take(manifest: Manifest): void {
    this.#manifest = manifest;
    this.#frames.add(manifest.frames.times, manifest.frames.bytes);
    this.#clock.end = manifest.duration;
    this.#clock.begin = Math.min(this.#frames.first ?? 0, manifest.duration);
    const broken = !manifest.live && manifest.tail !== "closed" ? " · cut short" : "";
    const started = new Date(manifest.startedAt).toLocaleString();
    this.#facts.textContent = `${started} · ${this.#frames.count} pictures · ${bytes(manifest.bytes)}${broken}`;
    this.#controls.allowVideo(this.#frames.count > 0);
  }

  async #readNotes(): Promise<void> {
    // The older half was given up meanwhile: what is known by number is not that any more.
    if (this.#manifest.entries < this.#timeline.read) this.#timeline = new Timeline(this.#manifest);
    while (!this.#timeline.isFull) {
      const { entries, next } = await source.notes(this.#timeline.read).catch(() => ({ entries: [], next: -1 }));
      if (next <= this.#timeline.read) break;
      this.#timeline.add(entries, next);
      if (next >= this.#manifest.entries) break;
    }
    if (this.#frames.count === 0) this.#clock.begin = Math.min(this.#timeline.moments[0] ?? 0, this.#clock.end);
    this.#tabs.set(this.#timeline.tabs);
    this.#panel.set(this.#timeline);
    this.#seekBar.mark(this.#timeline);
    this.#clock.setActivity(this.#activity());
  }

  /** Pictures count as something that happens, and so does what was done and said. */
  #activity(): Micros[] {
    const times = [...this.#timeline.moments];
    for (let place = 0; place < this.#frames.count; place++) times.push(this.#frames.time(place) ?? 0);
    return times.sort((one, other) => one - other);
  }

  #seek(time: Micros): void {
    this.#clock.seek(time);
  }

  #step(frames: number): void {
    this.#clock.pause();
    const time = this.#frames.time(this.#frames.place(this.#clock.now) + frames);
    if (time !== undefined) this.#clock.seek(time);
  }

  #draw(timestamp: number): void {
    const clock = this.#clock;
    const before = this.#frames.at(clock.now);
    const skipped = clock.tick(timestamp, before === null, this.#manifest.live);
    if (skipped > 0) this.#stage.tell(`Skipped ${Math.round(skipped / 1e6)} s`);
    this.#frames.want(clock.now);
    const frame = skipped > 0 ? this.#frames.at(clock.now) : before;
    this.#stage.say(this.#word(frame));
    this.#stage.draw(frame ?? undefined, this.#timeline.points, clock.now);
    this.#tabs.show(clock.now, this.#stage.frame?.page);
    this.#panel.show(clock.now);
    this.#seekBar.draw();
    this.#controls.draw(this.#manifest.live);
  }

  #word(frame: source.Frame | null | undefined): string {
    if (this.#stage.frame) return "";
    if (frame === null) return "Loading…";
    if (this.#frames.count > 0) return frame ? "" : "There is no picture of this moment.";
    if (this.#manifest.record === "full") return "There was nothing to be seen in this session.";
    return "This session was recorded without pictures. What happened is on the side.";
  }
}

try {
  await new Replay(await source.manifest()).run();
} catch (error) {
  const words = error instanceof source.Refused ? error.message : "The recording could not be loaded.";
  document.body.replaceChildren(element("main", { class: "sorry" }, element("p", {}, words)));
}
