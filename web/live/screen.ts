// The picture, drawn to fit, and what hands do on it.
import { element } from "../shared/dom.ts";
import type { Send } from "./protocol.ts";

const BUTTONS = ["left", "middle", "right", "back", "forward"];
const CLICK_MS = 500;
const CLICK_PIXELS = 5;
const LINE_PIXELS = 40;

/** Alt, Control, Meta, Shift, as the server counts them; AltGr types letters and is none of them. */
export function modifiers(event: MouseEvent | KeyboardEvent): number {
  const altGr = event.getModifierState("AltGraph");
  return (event.altKey && !altGr ? 1 : 0) | (event.ctrlKey && !altGr ? 2 : 0) | (event.metaKey ? 4 : 0) | (event.shiftKey ? 8 : 0);
}

export interface Screen {
  root: HTMLElement;
  draw(jpeg: Blob): void;
  setActive(isActive: boolean): void;
  setTouch(isTouch: boolean): void;
  /** What is drawn, or on its way, is no longer what is: nobody points at it before there is a new picture. */
  outdate(): void;
  clear(): void;
}

export function screen(send: Send): Screen {
  const canvas = element("canvas", { class: "picture" });
  const root = element("div", { class: "screen" }, canvas);
  const context = canvas.getContext("2d");
  let isActive = false;
  let isTouch = false;
  let isOutdated = true;
  let turn = 0;
  let drawn = 0;

  async function draw(jpeg: Blob): Promise<void> {
    const mine = ++turn;
    try {
      const picture = await createImageBitmap(jpeg);
      // A later picture may be ready earlier.
      if (mine > drawn) {
        drawn = mine;
        if (canvas.width !== picture.width || canvas.height !== picture.height) {
          canvas.width = picture.width;
          canvas.height = picture.height;
          fit();
        }
        context?.drawImage(picture, 0, 0);
        setOutdated(false);
        root.dataset["frames"] = String(mine);
      }
      picture.close();
    } finally {
      send({ type: "drawn" });
    }
  }
  function setOutdated(outdated: boolean): void {
    isOutdated = outdated;
    root.classList.toggle("outdated", outdated);
  }
  function outdate(): void {
    drawn = turn;
    fingers.clear();
    setOutdated(true);
    root.dataset["frames"] = "0";
  }
  /** As large as there is room, but never blurred beyond twice what was sent. */
  function fit(): void {
    const scale = Math.min(root.clientWidth / canvas.width, root.clientHeight / canvas.height, 2);
    if (!Number.isFinite(scale)) return;
    canvas.style.width = `${Math.floor(canvas.width * scale)}px`;
    canvas.style.height = `${Math.floor(canvas.height * scale)}px`;
  }

  function tellSize(): void {
    const width = Math.round(root.clientWidth * devicePixelRatio);
    const height = Math.round(root.clientHeight * devicePixelRatio);
    if (width > 0 && height > 0) send({ type: "size", width, height });
  }

  let resizing: ReturnType<typeof setTimeout> | undefined;
  new ResizeObserver(() => {
    fit();
    clearTimeout(resizing);
    resizing = setTimeout(tellSize, 200);
  }).observe(root);

  /** Where on the picture, from 0 to 1; held at its edge while a button drags beyond it. */
  function point(event: MouseEvent): { x: number; y: number } {
    const box = canvas.getBoundingClientRect();
    const clamp = (value: number) => Math.min(1, Math.max(0, value));
    return { x: clamp((event.clientX - box.left) / box.width), y: clamp((event.clientY - box.top) / box.height) };
  }

  // --- Mouse: one movement a frame at most ---
  let moved: PointerEvent | undefined;
  function move(event: PointerEvent): void {
    if (!moved) {
      requestAnimationFrame(() => {
        if (moved) mouse(moved, "move");
        moved = undefined;
      });
    }
    moved = event;
  }

  let last = { at: 0, x: 0, y: 0, button: -1, clicks: 0 };
  function clicks(event: PointerEvent): number {
    const isNear = Math.abs(event.clientX - last.x) < CLICK_PIXELS && Math.abs(event.clientY - last.y) < CLICK_PIXELS;
    const isSame = isNear && event.button === last.button && event.timeStamp - last.at < CLICK_MS;
    last = { at: event.timeStamp, x: event.clientX, y: event.clientY, button: event.button, clicks: isSame ? (last.clicks % 3) + 1 : 1 };
    return last.clicks;
  }

  function mouse(event: PointerEvent, what: "move" | "down" | "up", count = 0): void {
    const held = BUTTONS[[1, 4, 2, 8, 16].findIndex((bit) => event.buttons & bit)] ?? "none";
    const button = what === "move" ? held : (BUTTONS[event.button] ?? "none");
    send({ type: "mouse", event: what, ...point(event), button, buttons: event.buttons & 31, clicks: count, modifiers: modifiers(event) });
  }

  // --- Fingers, where the session has a touch screen; a mouse is one finger there ---
  const fingers = new Map<number, { x: number; y: number }>();
  function touch(event: PointerEvent, what: "start" | "move" | "end" | "cancel"): void {
    if (what === "end" || what === "cancel") fingers.delete(event.pointerId);
    else if (what === "start" || fingers.has(event.pointerId)) fingers.set(event.pointerId, point(event));
    else return;
    const points = what === "cancel" ? [] : [...fingers.values()].map((at, id) => ({ id, ...at }));
    send({ type: "touch", event: what, points });
  }

  const isPointable = () => isActive && !isOutdated;
  canvas.addEventListener("pointerdown", (event) => {
    if (!isPointable()) return;
    canvas.setPointerCapture(event.pointerId);
    if (isTouch) touch(event, "start");
    else mouse(event, "down", clicks(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isPointable()) return;
    if (isTouch) touch(event, "move");
    else move(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!isPointable()) return;
    if (isTouch) touch(event, "end");
    else mouse(event, "up", last.clicks);
  });
  canvas.addEventListener("pointercancel", (event) => {
    if (isPointable() && isTouch) touch(event, "cancel");
  });
  // The focus stays with the keyboard.
  canvas.addEventListener("mousedown", (event) => event.preventDefault());
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!isPointable()) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? root.clientHeight : 1;
      send({ type: "wheel", ...point(event), dx: event.deltaX * unit, dy: event.deltaY * unit, modifiers: modifiers(event) });
    },
    { passive: false },
  );

  return {
    root,
    draw: (jpeg) => void draw(jpeg).catch(() => undefined),
    setActive: (active) => {
      isActive = active;
      root.classList.toggle("active", active);
      if (!active) fingers.clear();
    },
    setTouch: (touching) => {
      isTouch = touching;
      tellSize();
    },
    outdate,
    clear: () => {
      outdate();
      context?.clearRect(0, 0, canvas.width, canvas.height);
    },
  };
}
