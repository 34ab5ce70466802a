// @ts-check
// The mail in its frame. The frame has no scripts and no origin of ours, so that this page cannot
// look inside: the mail's style sheet tells its height through the server (see measuring.py), and
// the frame is made so tall; what scrolls is this page. A new version is loaded behind the old one
// and takes its place when it is ready, so that nothing flashes and the scroll position stays.

import { h } from "./dom.js";
import { data } from "./data.js";

const COARSE = 1024;
const FINE = 4;
const PATIENCE = 2000; // milliseconds for a mail to tell its height, before it is shown without
const FOLLOWED = 10000; // milliseconds for which a place is followed that pictures, coming late, move

/** @typedef {{ frame: HTMLIFrameElement, token: string, loaded: Promise<unknown>, told: Promise<unknown> }} Behind */

let made = 0;
/** @type {Map<string, { c: number, f: number, tell: (height: number) => void }>} */
const measured = new Map();
/** @type {Map<string, MailFrame>} */
const shownBy = new Map();

/** What the server heard from a frame: a part of its height, or a click. */
export function hearFrame(/** @type {import("./data.js").News} */ news) {
  const frame = news.frame ?? "";
  const told = measured.get(frame);
  if (news.kind === "tall" && told && (news.step === "c" || news.step === "f")) {
    told[news.step] = news.count ?? 0;
    if (told.c >= 0 && told.f >= 0) told.tell(told.c * COARSE + (told.f + 1) * FINE);
  } else if (news.kind === "click") {
    shownBy.get(frame)?.clicked(news.place ?? -1);
  }
}

export class MailFrame {
  /**
   * @param {string} title what a screen reader calls it
   * @param {(place: number) => void} clicked
   */
  constructor(title, clicked) {
    this.title = title;
    this.clicked = clicked;
    this.element = h("div", { class: "paper" });
    this.width = 0;
    this.scale = 1;
    /** @type {HTMLIFrameElement | null} */
    this.frame = null;
    /** @type {(shown: { frame: string, until?: string }) => string} */
    this.address = () => "";
    this.token = "";
    this.height = 0;
    this.turn = 0;
    this.anchor = "";
    /** @type {{ behind: Behind, top: number, reach: (top: number) => void } | null} */
    this.ruler = null;
  }

  /**
   * Loads a mail and shows it when it is there. A place of the one before is outlined no more.
   * @param {(shown: { frame: string, until?: string }) => string} address
   */
  async show(address) {
    this.address = address;
    this.anchor = "";
    this.dropRuler();
    await this.exchange();
  }

  /** The height is another after the width changed: asked again. */
  async measure() {
    if (this.frame) await this.exchange();
  }

  /** Loads the mail behind the one that is seen, which it replaces unless it is late itself. */
  async exchange() {
    const turn = ++this.turn;
    let height = 0;
    const behind = this.open((told) => {
      height = told;
      if (behind.token === this.token) this.fit(told);
    });
    await behind.loaded;
    if (data.isLive) await Promise.race([behind.told, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (turn !== this.turn) {
      drop(behind);
      return;
    }
    if (this.frame) drop({ frame: this.frame, token: this.token });
    this.token = behind.token;
    this.frame = behind.frame;
    shownBy.set(this.token, this);
    this.frame.classList.remove("waiting");
    this.frame.removeAttribute("aria-hidden");
    if (this.anchor) this.outline(this.anchor);
    this.fit(height);
  }

  /** The width that the mail has, and how much smaller it is drawn so that it fits. */
  resize(/** @type {number} */ width, /** @type {number} */ scale) {
    this.width = width;
    this.scale = scale;
    for (const frame of this.element.querySelectorAll("iframe")) frame.style.width = `${width}px`;
    this.fit(this.height);
  }

  /**
   * Outlines a place and says how far down it is, in pixels of this page: more than once where it
   * moves, as pictures arrive or the mail is exchanged.
   * @param {number} place
   * @param {string} anchor
   * @param {(top: number) => void} reach
   */
  pointAt(place, anchor, reach) {
    this.dropRuler();
    this.outline(anchor);
    if (!data.isLive) return;
    const tell = (/** @type {number} */ told) => {
      ruler.top = told;
      this.follow();
    };
    const behind = this.open(tell, String(place));
    const ruler = { behind, top: 0, reach };
    this.ruler = ruler;
    behind.loaded.then(() => setTimeout(() => this.ruler === ruler && this.dropRuler(), FOLLOWED));
  }

  /** Where the place that is pointed at is now. A mail without a height scrolls to it by itself. */
  follow() {
    if (this.ruler?.top && this.height) this.ruler.reach(this.ruler.top * this.scale);
  }

  /** @param {string} anchor */
  outline(anchor) {
    this.frame?.contentWindow?.location.replace(`${this.frame.src}#${encodeURIComponent(anchor)}`);
  }

  /** No place is outlined any more. */
  forgetPlace() {
    this.dropRuler();
    this.outline("");
  }

  dropRuler() {
    if (this.ruler) drop(this.ruler.behind);
    this.ruler = null;
  }

  /** @param {number} height 0: unknown, the frame scrolls by itself */
  fit(height) {
    this.height = height;
    this.element.classList.toggle("scrolls", !height);
    this.element.style.width = `${this.width * this.scale}px`;
    this.element.style.height = height ? `${Math.ceil(height * this.scale)}px` : "";
    for (const frame of this.element.querySelectorAll("iframe")) {
      frame.style.height = height ? `${height}px` : `${100 / this.scale}%`;
      frame.style.transform = this.scale === 1 ? "" : `scale(${this.scale})`;
    }
    this.follow();
  }

  /**
   * Opens the mail, or what stands above a place of it, behind the mail that is seen.
   * @param {(height: number) => void} tell how tall it is, and again when that changes
   * @returns {Behind}
   */
  open(tell, until = "") {
    const token = nextToken();
    const frame = /** @type {HTMLIFrameElement} */ (
      h("iframe", { class: "waiting", sandbox: data.isLive || "allow-same-origin", title: this.title, "aria-hidden": "true", scrolling: data.isLive ? "no" : "auto" })
    );
    frame.style.width = `${this.width}px`;
    const told = new Promise((resolve) => {
      const both = (/** @type {number} */ height) => {
        tell(height);
        resolve(height);
      };
      if (data.isLive) measured.set(token, { c: -1, f: -1, tell: both });
    });
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    frame.src = this.address({ frame: token, until });
    this.element.append(frame);
    return { frame, token, loaded, told };
  }
}

/** @param {{ frame: HTMLIFrameElement, token: string }} behind */
function drop({ frame, token }) {
  frame.remove();
  measured.delete(token);
  shownBy.delete(token);
}

function nextToken() {
  made += 1;
  return `${data.page}-${made}`;
}
