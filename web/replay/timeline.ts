// What happened, sorted by when, and put into the words of the lists.

import type { Manifest, Micros, Note } from "./source.ts";

export type List = "actions" | "console" | "network" | "events";

/** A line of a list. */
export interface Item {
  t: Micros;
  list: List;
  /** What stands in front: a level, a method, a kind. */
  tag: string;
  tone: "plain" | "good" | "warn" | "bad" | "quiet";
  text: string;
  /** What stands at the end: a status, a duration. */
  aside: string;
  data: Record<string, unknown>;
}

/** Where somebody pointed. */
export interface Point {
  t: Micros;
  page: string;
  kind: "press" | "move";
  x: number;
  y: number;
}

/** What becomes of tabs. */
export interface TabChange {
  t: Micros;
  page: string;
  kind: "opened" | "closed" | "url" | "title";
  text: string;
}

/** Lines that are kept; a session that writes more is not read to its end by eye. */
const MOST = 200_000;

const text = (value: unknown): string => (typeof value === "string" ? value : value == null ? "" : JSON.stringify(value));
const number = (value: unknown): number | undefined => (typeof value === "number" && Number.isFinite(value) ? value : undefined);

export class Timeline {
  items: Record<List, Item[]> = { actions: [], console: [], network: [], events: [] };
  points: Point[] = [];
  tabs: TabChange[] = [];
  /** Every moment at which something happened. */
  moments: Micros[] = [];
  /** How many notes were read. */
  read = 0;
  #started: number;

  constructor(manifest: Manifest) {
    this.#started = Date.parse(manifest.startedAt);
  }

  get isFull(): boolean {
    return this.read >= MOST;
  }

  add(notes: Note[], next: number): void {
    for (const note of notes) this.#note(note);
    this.read = next;
    for (const list of Object.values(this.items)) list.sort((one, other) => one.t - other.t);
    for (const list of [this.points, this.tabs]) list.sort((one, other) => one.t - other.t);
    this.moments.sort((one, other) => one - other);
  }

  #note({ t, kind, data }: Note): void {
    if (kind === "input") {
      this.#input(t, data);
      return;
    }
    const item = line(data);
    if (!item) return;
    const began = data.kind === "request" ? Date.parse(text(data.started)) : Number.NaN;
    const at = Number.isFinite(began) ? Math.max((began - this.#started) * 1000, 0) : t;
    this.items[item.list].push({ t: at, data, ...item });
    if (data.kind !== "request") this.moments.push(at);
    this.#tab(at, data);
    if (data.kind === "action") this.#action(at, data);
  }

  #input(t: Micros, data: Record<string, unknown>): void {
    this.moments.push(t);
    const [x, y] = [number(data.x), number(data.y)];
    if (x === undefined || y === undefined || data.what === "key" || data.what === "up") return;
    const kind = data.what === "down" || data.what === "touch" ? "press" : "move";
    this.points.push({ t, page: text(data.page), kind, x, y });
  }

  #action(t: Micros, data: Record<string, unknown>): void {
    const details = (data.details ?? {}) as Record<string, unknown>;
    const [x, y] = [number(details.x), number(details.y)];
    if (x !== undefined && y !== undefined) this.points.push({ t, page: text(details.page), kind: "press", x, y });
  }

  #tab(t: Micros, data: Record<string, unknown>): void {
    const page = text(data.page);
    if (data.kind === "page") {
      this.tabs.push({ t, page, kind: data.change === "opened" ? "opened" : "closed", text: "" });
    } else if (data.kind === "navigation") {
      this.tabs.push({ t, page, kind: "url", text: text(data.url) }, { t, page, kind: "title", text: text(data.title) });
    } else if (data.kind === "title") {
      this.tabs.push({ t, page, kind: "title", text: text(data.title) });
    }
  }
}

/** How the last place of a list at `time` is found; -1 before the first. */
export function placeOf(list: readonly { t: Micros }[], time: Micros): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.t ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

type Line = Omit<Item, "t" | "data">;

function line(data: Record<string, unknown>): Line | undefined {
  const event = (tag: string, said: string, tone: Item["tone"] = "plain", aside = ""): Line => ({
    list: "events", tag, tone, text: said, aside,
  });
  switch (data.kind) {
    case "console":
      return { list: "console", tag: text(data.level), tone: tones[text(data.level)] ?? "plain", text: text(data.text), aside: place(data) };
    case "exception":
      return { list: "console", tag: "exception", tone: "bad", text: text(data.text), aside: place(data) };
    case "request":
      return request(data);
    case "action":
      return action(data);
    case "navigation":
      return data.failure ? event("navigation", text(data.url), "bad", text(data.failure)) : event("navigation", text(data.url));
    case "title":
      return event("title", text(data.title));
    case "dialog":
      return event(text(data.type) || "dialog", text(data.message), "warn");
    case "dialog_closed":
      return event("dialog", data.accepted ? "accepted" : "dismissed", "quiet");
    case "download":
      return event("download", text(data.filename), data.completed ? "good" : "bad", bytes(number(data.bytes)));
    case "page":
      return event("page", text(data.change), data.change === "crashed" ? "bad" : "quiet");
    case "screenshot":
      return event("screenshot", text(data.object), "quiet");
    case "control":
      return event("control", `held by ${text(data.holder)}`, "warn");
    case "dropped":
      return event("dropped", `${text(data.count)} earlier records were given up (${text(data.reason)})`, "bad");
    default:
      return undefined;
  }
}

const tones: Record<string, Item["tone"]> = { error: "bad", warn: "warn", debug: "quiet" };

function request(data: Record<string, unknown>): Line {
  const status = number(data.status);
  const isBad = Boolean(data.failure) || (status ?? 0) >= 400;
  const tone = isBad ? "bad" : status === undefined ? "quiet" : status >= 300 ? "warn" : "good";
  const facts = [status === undefined ? text(data.failure) || "pending" : String(status), bytes(number(data.encoded_bytes)), millis(number(data.duration_ms))];
  return { list: "network", tag: text(data.method), tone, text: text(data.url), aside: facts.filter(Boolean).join(" · ") };
}

function action(data: Record<string, unknown>): Line {
  const details = (data.details ?? {}) as Record<string, unknown>;
  const named = ["url", "selector", "text", "key", "value"].map((name) => details[name]).filter((value) => value != null && value !== "");
  const point = number(details.x) !== undefined ? `${text(details.x)}, ${text(details.y)}` : "";
  const said = named.map(text).join(" · ") || point || (Object.keys(details).length ? text(details) : "");
  const isBad = data.success === false;
  return {
    list: "actions", tag: text(data.type), tone: isBad ? "bad" : "good",
    text: isBad ? `${said} ${text(data.error)}`.trim() : said, aside: [who[text(data.by)], millis(number(data.duration_ms))].filter(Boolean).join(" · "),
  };
}

const who: Record<string, string> = { person: "person", rest: "API", client: "client" };

function place(data: Record<string, unknown>): string {
  const url = text(data.url);
  const name = url.split(/[?#]/, 1)[0]?.split("/").at(-1) || url;
  const at = number(data.line);
  return at === undefined ? name : `${name}:${at + 1}`;
}

function millis(value: number | undefined): string {
  if (value === undefined) return "";
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return "";
  if (value < 1000) return `${value} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
