// What the server tells of a recording. Everything in it comes from strangers' pages: text stays text.

import { token } from "../shared/dom.ts";

/** Microseconds since the session's start. */
export type Micros = number;

export interface Manifest {
  session: string;
  startedAt: string;
  expiresAt: string;
  record: "off" | "metadata" | "full";
  duration: Micros;
  bytes: number;
  entries: number;
  frames: { times: Micros[]; bytes: number[] };
  tail: "closed" | "open" | "torn";
  live: boolean;
}

export interface Frame {
  time: Micros;
  width: number;
  height: number;
  page: string;
  jpeg: Blob;
}

export interface Note {
  t: Micros;
  kind: "entry" | "input";
  data: Record<string, unknown>;
}

export interface Export {
  state: "none" | "queued" | "running" | "done" | "failed";
  progress: number;
  error?: { code: string; message: string } | null;
}

/** A refusal of the server, in words that are its own. */
export class Refused extends Error {}

const base = `/replay/${token()}`;

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${base}/${path}`, options);
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const said = body && typeof body === "object" && "error" in body ? String(body.error) : response.statusText;
  throw new Refused(said);
}

export const videoFile = `${base}/video/file`;

export async function manifest(from: Micros = 0): Promise<Manifest> {
  return (await ask(`manifest?from=${from}`)).json();
}

export async function notes(after: number): Promise<{ entries: Note[]; next: number }> {
  return (await ask(`entries?after=${after}`)).json();
}

export async function exportVideo(method: "GET" | "POST"): Promise<Export> {
  return (await ask("video", { method })).json();
}

/** Pictures from `from` until before `to`, as many as one answer holds. */
export async function frames(from: Micros, to: Micros, signal: AbortSignal): Promise<Frame[]> {
  const body = await (await ask(`frames?from=${from}&to=${to}`, { signal })).arrayBuffer();
  const view = new DataView(body);
  const text = new TextDecoder();
  const found: Frame[] = [];
  for (let at = 0; at + 22 <= body.byteLength; ) {
    const page = view.getUint16(at + 16, true);
    const picture = view.getUint32(at + 18, true);
    const begin = at + 22 + page;
    found.push({
      time: Number(view.getBigUint64(at, true)),
      width: view.getUint32(at + 8, true),
      height: view.getUint32(at + 12, true),
      page: text.decode(new Uint8Array(body, at + 22, page)),
      jpeg: new Blob([body.slice(begin, begin + picture)], { type: "image/jpeg" }),
    });
    at = begin + picture;
  }
  return found;
}
