// The WebSocket: comes back after a break, and knows when there is nothing to come back to.
import type { Says, Send, Wish } from "./protocol.ts";
import { PICTURE } from "./protocol.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
const VIEWER = "hangar-viewer";

export type Link = "connecting" | "connected" | "broken" | { over: string };

export interface Ears {
  said(message: Says): void;
  pictured(jpeg: Blob): void;
  linked(link: Link): void;
}

/** Who this page is, for as long as its tab lives: so that control is found again after a break or a reload. */
function viewer(): string {
  let id = sessionStorage.getItem(VIEWER);
  if (!id) {
    id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(VIEWER, id);
  }
  return id;
}

/** Why a link leads nowhere, in the server's words, or nothing where it does lead somewhere. */
async function whyOver(): Promise<string | undefined> {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status !== 404 && answer.status !== 410) return undefined;
    const notice = new DOMParser().parseFromString(await answer.text(), "text/html");
    return notice.querySelector("p")?.textContent ?? "There is no such link.";
  } catch {
    // The server cannot be reached: that is no end.
  }
  return undefined;
}

export function connect(ears: Ears): Send {
  let socket: WebSocket | undefined;
  let pause = FIRST_PAUSE_MS;

  function open(): void {
    ears.linked("connecting");
    const made = new WebSocket(`${location.href.replace(/^http/, "ws").replace(/[?#].*$/, "")}/socket?viewer=${viewer()}`);
    made.binaryType = "arraybuffer";
    made.onopen = () => {
      pause = FIRST_PAUSE_MS;
      ears.linked("connected");
    };
    made.onmessage = ({ data }) => {
      if (typeof data === "string") ears.said(JSON.parse(data) as Says);
      else picture(data as ArrayBuffer);
    };
    made.onclose = ({ code, reason }) => {
      if (socket === made) void closed(code, reason);
    };
    socket = made;
  }

  function picture(data: ArrayBuffer): void {
    if (new Uint8Array(data, 0, 1)[0] === PICTURE) ears.pictured(new Blob([new Uint8Array(data, 1)], { type: "image/jpeg" }));
  }

  async function closed(code: number, reason: string): Promise<void> {
    if (code === 1000 && reason === "session_over") return ears.linked({ over: "This session is over." });
    if (code === 1000 && reason === "link_over") return ears.linked({ over: "This link is over." });
    // At once: until it is known whether there is something to come back to, nothing that a hand does arrives.
    ears.linked("broken");
    const why = await whyOver();
    if (why) return ears.linked({ over: why });
    setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  open();
  return (wish: Wish) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish));
  };
}
