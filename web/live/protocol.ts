// The page's side of the protocol that crates/api/src/live/protocol.rs describes. Nothing that the server says is
// trusted to be more than text.

export interface Tab {
  id: string;
  title: string;
  url: string;
  isCrashed: boolean;
}

export interface Dialog {
  kind: string;
  message: string;
  defaultText: string;
}

export interface Chooser {
  id: number;
  isMultiple: boolean;
}

export interface State {
  type: "state";
  tabs: Tab[];
  shown: string | null;
  dialog: Dialog | null;
  chooser: Chooser | null;
  control: "client" | "person" | "shared";
  isMine: boolean;
}

export type Says =
  | State
  | { type: "hello"; mayControl: boolean; touch: boolean; expiresAt: string }
  | { type: "copied"; text: string }
  | { type: "error"; code: string; message: string };

export type Wish =
  | { type: "drawn" | "take" | "share" | "done" | "copy" | "back" | "forward" | "reload" | "open" }
  | { type: "size"; width: number; height: number }
  | { type: "switch" | "close"; tab: string }
  | {
      type: "mouse";
      event: "move" | "down" | "up";
      x: number;
      y: number;
      button: string;
      buttons: number;
      clicks: number;
      modifiers: number;
    }
  | { type: "wheel"; x: number; y: number; dx: number; dy: number; modifiers: number }
  | { type: "touch"; event: "start" | "move" | "end" | "cancel"; points: { id: number; x: number; y: number }[] }
  | {
      type: "key";
      event: "down" | "up";
      key: string;
      code: string;
      keyCode: number;
      location: number;
      repeat: boolean;
      modifiers: number;
    }
  | { type: "text"; text: string }
  | { type: "navigate"; url: string }
  | { type: "dialog"; accept: boolean; text?: string }
  | { type: "file"; chooser: number; name: string; data: string; last: boolean }
  | { type: "choose"; chooser: number };

export type Send = (wish: Wish) => void;

/** The first byte of a binary message that holds a picture. */
export const PICTURE = 1;
