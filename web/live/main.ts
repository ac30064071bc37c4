// The live view: a session as it looks now, and whoever has control of it.
import "../shared/style.css";
import "./live.css";
import { element, token } from "../shared/dom.ts";
import { bar } from "./bar.ts";
import { connect, type Link } from "./connection.ts";
import { asks } from "./asks.ts";
import { keyboard } from "./keyboard.ts";
import type { Says, State, Wish } from "./protocol.ts";
import { screen } from "./screen.ts";
import { notices } from "./notices.ts";

let send: (wish: Wish) => void = () => undefined;
const say = (wish: Wish) => send(wish);

const view = screen(say);
const keys = keyboard(say);
const top = bar(say);
const sheet = asks(say);
const toasts = notices();
const curtain = element("div", { class: "curtain" }, "Connecting…");
const stage = element("main", { class: "stage" }, view.root, keys.root, sheet.root, curtain, toasts.root);
document.body.append(top.root, stage);
document.title = "Hangar · Live view";

let state: State | undefined;
let mayControl = false;

function said(message: Says): void {
  switch (message.type) {
    case "hello":
      mayControl = message.mayControl;
      top.setScope(message.mayControl);
      view.setTouch(message.touch);
      return;
    case "state":
      return show(message);
    case "copied":
      return void copied(message.text);
    case "error":
      return toasts.tell(message.message, message.code);
  }
}

function show(next: State): void {
  if (next.shown !== state?.shown) view.clear();
  const gained = next.isMine && !state?.isMine;
  state = next;
  top.show(next);
  sheet.show(next);
  view.setActive(next.isMine);
  keys.setActive(next.isMine);
  document.body.dataset["control"] = next.control;
  document.body.dataset["mine"] = String(next.isMine);
  const shown = next.tabs.find((tab) => tab.id === next.shown);
  document.title = shown?.title ? `${shown.title} · Hangar` : "Hangar · Live view";
  curtain.hidden = shown !== undefined && !shown.isCrashed;
  if (shown?.isCrashed) curtain.textContent = "This page has crashed. Reload it, or go on in another tab.";
  else if (!shown) curtain.textContent = "No page is open.";
  if (gained) keys.focus();
}

async function copied(text: string): Promise<void> {
  if (!text) return toasts.tell("Nothing is selected");
  try {
    await navigator.clipboard.writeText(text);
    toasts.tell("Copied");
  } catch {
    sheet.offer(text);
  }
}

function linked(link: Link): void {
  document.body.dataset["link"] = typeof link === "string" ? link : "over";
  top.setLink(link);
  if (link === "connected") return;
  curtain.hidden = false;
  curtain.textContent = typeof link === "string" ? (link === "broken" ? "The connection broke. Trying again…" : "Connecting…") : link.over;
  view.setActive(false);
  view.outdate();
  keys.setActive(false);
  document.body.dataset["mine"] = "false";
  if (typeof link !== "string") sheet.close();
}

view.root.addEventListener("pointerdown", () => {
  keys.focus();
  if (mayControl && state && !state.isMine) top.nudge();
});

if (token()) send = connect({ said, pictured: view.draw, linked });
