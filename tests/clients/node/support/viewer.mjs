// The live view as a person has it: its page in a real browser, which is another session of the same server; and its
// bare WebSocket, for what a page would never send.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import WebSocket from "ws";
import { eventually, PATIENCE_MS } from "./harness.mjs";

/** A browser for people. `open` gives the live view of a link. */
export async function startPeople(hangar) {
  const browser = await chromium.connectOverCDP(hangar.endpoint());
  const contexts = [];
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      contexts.push(context);
      const page = await context.newPage();
      await options.prepare?.(page);
      const person = new Person(page);
      await page.goto(url);
      await person.until("the connection", () => document.body.dataset.link === "connected");
      return person;
    },
    async leave() {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    },
    close: () => browser.close(),
  };
}

class Person {
  /** What a page must never show: dialogs of its own, errors, refusals of its policy. */
  complaints = [];

  constructor(page) {
    this.page = page;
    page.on("dialog", (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("pageerror", (error) => this.complaints.push(`an error: ${error.message}`));
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.complaints.push(message.text());
    });
  }

  until(what, condition, argument) {
    return this.page.waitForFunction(condition, argument, { timeout: PATIENCE_MS }).catch(async (error) => {
      const seen = await this.page.locator("body").innerText().catch(() => "nothing");
      throw new Error(`waited in vain for ${what}: ${error.message}; the page shows:\n${seen}`);
    });
  }

  async take() {
    await this.page.click(".bar .take");
    await this.until("control", () => document.body.dataset.mine === "true");
  }

  async done() {
    await this.page.click(".bar .done");
    await this.until("the hand-back", () => document.body.dataset.mine === "false");
  }

  /** Where a point of the session's page, given in its CSS pixels, is on this page. */
  async at(x, y, { width = 1440, height = 789 } = {}) {
    await this.until("a picture", () => Number(document.querySelector(".screen").dataset.frames) > 0);
    const box = await this.page.locator("canvas").boundingBox();
    return [box.x + (x / width) * box.width, box.y + (y / height) * box.height];
  }

  async move(x, y, size) {
    await this.page.mouse.move(...(await this.at(x, y, size)));
  }

  async click(x, y, size) {
    await this.page.mouse.click(...(await this.at(x, y, size)));
  }

  /** Waits until the middle of the picture has about this colour. */
  sees(red, green, blue) {
    return this.until(`the colour ${red},${green},${blue}`, (wanted) => {
      const canvas = document.querySelector("canvas");
      const [r, g, b] = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
      return [r, g, b].every((value, index) => Math.abs(value - wanted[index]) < 24);
    }, [red, green, blue]);
  }

  notice(code) {
    return this.page.locator(`.notice[data-code="${code}"]`).first().textContent({ timeout: PATIENCE_MS });
  }

  tabs() {
    return this.page.locator(".tab .name").allTextContents();
  }
}

let names = 0;

/** The WebSocket of a link, without its page. */
export class Wire {
  messages = [];
  pictures = 0;

  static async open(url, { viewer = (++names).toString(16).padStart(32, "0"), ...options } = {}) {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket?viewer=${viewer}`, { perMessageDeflate: false, ...options });
    const wire = new Wire(socket);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_, response) => reject(Object.assign(new Error("refused"), { status: response.statusCode })));
      socket.once("error", reject);
    });
    return wire;
  }

  constructor(socket) {
    this.socket = socket;
    socket.on("message", (data, isBinary) => {
      if (isBinary) {
        assert.equal(data[0], 1);
        assert.equal(data.readUInt16BE(1), 0xffd8, "a JPEG");
        this.pictures += 1;
      } else this.messages.push(JSON.parse(data.toString()));
    });
    this.closed = new Promise((resolve) => socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })));
  }

  say(message) {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The first message, past or future, that fits. */
  heard(fits) {
    return eventually("a message", () => this.messages.find(fits));
  }

  last(type) {
    return this.messages.findLast((message) => message.type === type);
  }

  close() {
    this.socket.terminate();
    return this.closed;
  }
}
