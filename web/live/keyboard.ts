// Keys, input methods and the clipboard. A hidden text field has the focus, because only such a one is given the text of
// an input method and the clipboard's content.
import { element } from "../shared/dom.ts";
import { modifiers } from "./screen.ts";
import type { Send } from "./protocol.ts";

const isMac = navigator.platform.startsWith("Mac");
const META = 4;
const CONTROL = 2;

export interface Keyboard {
  root: HTMLElement;
  focus(): void;
  setActive(isActive: boolean): void;
}

export function keyboard(send: Send): Keyboard {
  const field = element("textarea", {
    class: "keyboard",
    attributes: { "aria-label": "Keyboard of the session", autocapitalize: "off", autocomplete: "off", spellcheck: "false" },
  });
  let isActive = false;

  /** The session's browser knows Control where a Mac has Command. */
  function held(event: KeyboardEvent): number {
    const keys = modifiers(event);
    return isMac && keys & META ? (keys & ~META) | CONTROL : keys;
  }

  function isClipboard(event: KeyboardEvent): boolean {
    const isCommand = isMac ? event.metaKey : event.ctrlKey;
    return isCommand && !event.altKey && ["c", "x", "v"].includes(event.key.toLowerCase());
  }

  function key(event: KeyboardEvent, what: "down" | "up"): void {
    if (!isActive || event.isComposing || event.keyCode === 229 || event.key === "Dead") return;
    const name = event.key.toLowerCase();
    if (isClipboard(event)) {
      // Pasting is left to the browser, which then gives the text; cutting is copying and the key itself.
      if (name === "v") return;
      event.preventDefault();
      if (what === "down") send({ type: "copy" });
      if (name === "c") return;
    }
    event.preventDefault();
    send({
      type: "key",
      event: what,
      key: event.key,
      code: event.code,
      keyCode: event.keyCode & 255,
      location: event.location,
      repeat: event.repeat,
      modifiers: held(event),
    });
  }

  function flush(): void {
    if (isActive && field.value) send({ type: "text", text: field.value });
    field.value = "";
  }

  field.addEventListener("keydown", (event) => key(event, "down"));
  field.addEventListener("keyup", (event) => key(event, "up"));
  field.addEventListener("input", (event) => {
    if (!(event as InputEvent).isComposing) flush();
  });
  field.addEventListener("compositionend", flush);
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData?.getData("text/plain");
    if (isActive && text) send({ type: "text", text });
  });

  return {
    root: field,
    focus: () => field.focus({ preventScroll: true }),
    setActive: (active) => {
      isActive = active;
    },
  };
}
