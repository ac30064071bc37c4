// What the session asks a person: dialogs, files; and text that could not be put on the clipboard.
import { element } from "../shared/dom.ts";
import type { Chooser, Dialog, Send, State } from "./protocol.ts";

/** Bytes of a file in one message; its base64 is a third longer. */
const PIECE = 384 << 10;
const MOST_BYTES = 32 << 20;

const WORDS: Record<string, string> = {
  alert: "The page says",
  confirm: "The page asks",
  prompt: "The page asks",
  beforeunload: "Leave this page? What you typed may be lost.",
};

function action(text: string, act: () => void, isMain = false): HTMLButtonElement {
  const made = element("button", { class: isMain ? "take" : "quiet", attributes: { type: "button" } }, text);
  made.addEventListener("click", act);
  return made;
}

export interface Asks {
  root: HTMLElement;
  show(state: State): void;
  offer(text: string): void;
  close(): void;
}

export function asks(send: Send): Asks {
  const root = element("div", { class: "asks" });
  let before = "";
  root.hidden = true;

  function open(...content: Node[]): void {
    root.replaceChildren(element("div", { class: "ask", attributes: { role: "dialog", "aria-modal": "true" } }, ...content));
    root.hidden = false;
    root.querySelector<HTMLElement>("input, textarea, .take")?.focus();
  }

  function close(): void {
    root.hidden = true;
    root.replaceChildren();
  }

  function dialog({ kind, message, defaultText }: Dialog, isMine: boolean): void {
    const title = element("h2", {}, WORDS[kind] ?? "The page asks");
    const text = element("p", { class: "message" });
    text.textContent = message;
    if (!isMine) return open(title, text, element("p", { class: "hint" }, "Whoever has control can answer."));
    const field = element("input", { attributes: { type: "text", "aria-label": "Answer" } });
    field.value = defaultText;
    const answer = (accept: boolean) => {
      send(kind === "prompt" && accept ? { type: "dialog", accept, text: field.value } : { type: "dialog", accept });
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") answer(true);
    });
    const buttons = element("div", { class: "answers" });
    if (kind !== "alert") buttons.append(action("Cancel", () => answer(false)));
    buttons.append(action(kind === "beforeunload" ? "Leave" : "OK", () => answer(true), true));
    open(title, text, ...(kind === "prompt" ? [field] : []), buttons);
  }

  function chooser({ id, isMultiple }: Chooser): void {
    const field = element("input", { attributes: { type: "file", "aria-label": "Files for the page" } });
    field.multiple = isMultiple;
    const hint = element("p", { class: "hint" }, "At most 32 MB together. They go to this session and end with it.");
    field.addEventListener("change", () => {
      const files = [...(field.files ?? [])];
      if (files.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) {
        hint.textContent = "That is more than 32 MB.";
        return;
      }
      hint.textContent = "Sending…";
      void upload(files, id);
    });
    const cancel = action("Cancel", () => send({ type: "choose", chooser: id }));
    open(element("h2", {}, isMultiple ? "The page wants files" : "The page wants a file"), field, hint, element("div", { class: "answers" }, cancel));
  }

  async function upload(files: File[], id: number): Promise<void> {
    for (const file of files) {
      let start = 0;
      do {
        const end = Math.min(start + PIECE, file.size);
        const data = base64(new Uint8Array(await file.slice(start, end).arrayBuffer()));
        send({ type: "file", chooser: id, name: file.name, data, last: end >= file.size });
        start = end;
      } while (start < file.size);
    }
    send({ type: "choose", chooser: id });
  }

  return {
    root,
    close,
    show: ({ dialog: asked, chooser: wanted, isMine }) => {
      const now = JSON.stringify([asked, wanted, isMine]);
      if (now === before) return;
      before = now;
      if (asked) dialog(asked, isMine);
      else if (wanted && isMine) chooser(wanted);
      else close();
    },
    offer: (text) => {
      const field = element("textarea", { class: "offered", attributes: { readonly: "", "aria-label": "Copied text" } });
      field.value = text;
      open(element("h2", {}, "Copied from the page"), field, element("div", { class: "answers" }, action("Close", close, true)));
      field.select();
    },
  };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}
