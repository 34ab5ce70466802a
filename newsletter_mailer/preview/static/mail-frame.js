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
const LONG_PATIENCE = 10000; // for how far down a place is: nobody waits for it with an empty page

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
    /** @type {Map<number, number>} */
    this.tops = new Map();
    this.turn = 0;
  }

  /**
   * Loads a mail and shows it when it is there.
   * @param {(shown: { frame: string, until?: string }) => string} address
   * @returns {Promise<boolean>} false: another was asked for meanwhile
   */
  async show(address) {
    this.address = address;
    const turn = ++this.turn;
    const token = nextToken();
    const { frame, height } = await this.load(address({ frame: token }), token);
    if (turn !== this.turn) {
      this.drop(frame, token);
      return false;
    }
    if (this.frame) this.drop(this.frame, this.token);
    this.token = token;
    shownBy.set(token, this);
    this.tops.clear();
    this.frame = frame;
    frame.classList.remove("waiting");
    frame.removeAttribute("aria-hidden");
    this.fit(height);
    return true;
  }

  /** The width that the mail has, and how much smaller it is drawn so that it fits. */
  resize(/** @type {number} */ width, /** @type {number} */ scale) {
    this.width = width;
    this.scale = scale;
    for (const frame of this.element.querySelectorAll("iframe")) frame.style.width = `${width}px`;
    this.fit(this.height);
  }

  /** The height is another after the width changed: asked again. */
  async measure() {
    if (this.frame) await this.show(this.address);
  }

  /** Outlines a place, and says how far down it is, in pixels of this page. */
  async pointAt(/** @type {number} */ place, /** @type {string} */ anchor) {
    const frame = this.frame;
    if (!frame) return null;
    this.outline(anchor);
    if (!data.isLive || this.element.classList.contains("scrolls")) return null;
    if (!this.tops.has(place)) {
      const token = nextToken();
      const ruler = await this.load(this.address({ frame: token, until: String(place) }), token, LONG_PATIENCE);
      this.drop(ruler.frame, token);
      if (ruler.height) this.tops.set(place, ruler.height);
    }
    const top = this.tops.get(place);
    return top === undefined ? null : top * this.scale;
  }

  /** @param {string} anchor */
  outline(anchor) {
    this.frame?.contentWindow?.location.replace(`${this.frame.src}#${encodeURIComponent(anchor)}`);
  }

  /** No place is outlined any more. */
  forgetPlace() {
    this.outline("");
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
  }

  drop(/** @type {HTMLIFrameElement} */ frame, /** @type {string} */ token) {
    frame.remove();
    measured.delete(token);
    shownBy.delete(token);
  }

  /** @returns {Promise<{ frame: HTMLIFrameElement, height: number }>} */
  load(/** @type {string} */ address, /** @type {string} */ token, patience = PATIENCE) {
    const frame = /** @type {HTMLIFrameElement} */ (
      h("iframe", { class: "waiting", sandbox: data.isLive || "allow-same-origin", title: this.title, "aria-hidden": "true", scrolling: data.isLive ? "no" : "auto" })
    );
    frame.style.width = `${this.width}px`;
    return new Promise((resolve) => {
      let height = 0;
      let isLoaded = false;
      const done = () => resolve({ frame, height });
      const tell = (/** @type {number} */ told) => {
        height = told;
        if (token === this.token) this.fit(height);
        else if (isLoaded) done();
      };
      if (data.isLive) measured.set(token, { c: -1, f: -1, tell });
      frame.addEventListener("load", () => {
        isLoaded = true;
        if (height || !data.isLive) done();
        else setTimeout(done, patience);
      });
      frame.src = address;
      this.element.append(frame);
    });
  }
}

function nextToken() {
  made += 1;
  return `${data.page}-${made}`;
}
