// Recordings written by hand, from what the recorder's documentation says of the file: what is shown is known to the
// pixel, and the documentation is checked with it.
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Cdp } from "./cdp.mjs";
import { eventually } from "./harness.mjs";

const MAGIC = Buffer.from("HGR\x01\r\n\x1a\n", "latin1");
const KINDS = { head: 1, frame: 2, entry: 3, input: 4, index: 5 };
const STARTED = Date.parse("2026-03-01T10:00:00Z");

export class Recording {
  #records = [];
  #slots = [];
  #end = MAGIC.length;
  isClosed = true;

  constructor(session, record = "full") {
    this.session = session;
    this.#put("head", 0, Buffer.from(JSON.stringify({ session, started: at(0), record })));
  }

  frame(seconds, jpeg, { page = "P1", width = 640, height = 360 } = {}) {
    const caption = Buffer.from(JSON.stringify({ page, width, height }));
    const length = Buffer.alloc(2);
    length.writeUInt16LE(caption.length);
    return this.#put("frame", seconds, Buffer.concat([length, caption, jpeg]));
  }

  entry(seconds, kind, data) {
    return this.#put("entry", seconds, Buffer.from(JSON.stringify({ at: at(seconds), kind, ...data })));
  }

  input(seconds, what, x, y, page = "P1") {
    return this.#put("input", seconds, Buffer.from(JSON.stringify({ at: at(seconds), page, by: "person", what, x, y })));
  }

  bytes() {
    const records = this.isClosed ? [...this.#records, this.#index()] : this.#records;
    return Buffer.concat([MAGIC, ...records]);
  }

  /** Puts it where the server keeps recordings. */
  async save(hangar) {
    await writeFile(this.path(hangar), this.bytes());
    return this;
  }

  /** Adds bytes that are no whole record, as a killed server leaves them. */
  tear(hangar) {
    return appendFile(this.path(hangar), record("entry", 0, Buffer.alloc(1000)).subarray(0, 500));
  }

  path(hangar) {
    return join(hangar.dataDir, "recordings", `${this.session}.hgr`);
  }

  #put(kind, seconds, payload) {
    const made = record(kind, seconds, payload);
    if (kind !== "head") this.#slots.push({ seconds, offset: this.#end, length: payload.length, kind: KINDS[kind] });
    this.#records.push(made);
    this.#end += made.length;
    return this;
  }

  #index() {
    const payload = Buffer.alloc(this.#slots.length * 24 + 8);
    this.#slots.forEach(({ seconds, offset, length, kind }, place) => {
      payload.writeBigUInt64LE(micros(seconds), place * 24);
      payload.writeBigUInt64LE(BigInt(offset), place * 24 + 8);
      payload.writeUInt32LE(length, place * 24 + 16);
      payload[place * 24 + 20] = kind;
    });
    payload.writeBigUInt64LE(BigInt(this.#end), payload.length - 8);
    return record("index", this.#slots.at(-1)?.seconds ?? 0, payload);
  }
}

const micros = (seconds) => BigInt(Math.round(seconds * 1e6));
const at = (seconds) => new Date(STARTED + seconds * 1000).toISOString();

function record(kind, seconds, payload) {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(payload.length, 0);
  head[4] = KINDS[kind];
  head.writeBigUInt64LE(micros(seconds), 8);
  head.writeUInt32LE(crc32(payload), 16);
  head.writeUInt32LE(crc32(head.subarray(0, 20)), 20);
  return Buffer.concat([head, payload]);
}

/** A session that is over, without a recording of its own. */
export async function endedSession(hangar) {
  const client = await Cdp.connect(hangar.endpoint());
  await client.close();
  await hangar.historyRow(client.sessionId);
  return client.sessionId;
}

/** The link that the account's history gives. */
export async function replayUrl(hangar, session) {
  const row = await eventually(`the replay of ${session}`, async () =>
    (await hangar.history()).sessions.find(({ sessionId, replayUrl }) => sessionId === session && replayUrl));
  return row.replayUrl;
}
