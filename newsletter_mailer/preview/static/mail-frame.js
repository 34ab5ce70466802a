// @ts-check
// The mail in its frame. The frame has no origin of ours: this page cannot look inside, nor the mail
// outside. One script of ours in it tells how tall the mail is, where the place is that is outlined,
// and what is clicked (frame-script.js). The frame is made as tall as the mail; what scrolls is this
// page. A new version is loaded behind the old one and takes its place when it is ready, so that
// nothing flashes and the scroll position stays. In an exported folder nothing runs in the frame, and
// it scrolls by itself.

import { h } from "./dom.js";
import { data } from "./data.js";

const PATIENCE = 2000; // milliseconds for a mail to tell its height, before it is shown without
const FOLLOWED = 10000; // milliseconds for which a place is followed that moves
const TALLEST = 65536; // pixels: a mail whose height depends on its window's would grow for ever

/** @typedef {{ height: number, anchor: string, top: number }} Layout `top`: of what is outlined */

/** What the script in each frame tells, by the frame's window. @type {WeakMap<object, (news: any) => void>} */
const listeners = new WeakMap();
addEventListener("message", ({ source, data: news }) => source && listeners.get(source)?.(news));

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
    /** @type {WeakMap<HTMLIFrameElement, Layout>} */
    this.layouts = new WeakMap();
    this.turn = 0;
    this.anchor = "";
    /** @type {((top: number) => void) | null} */
    this.reach = null;
  }

  /**
   * Loads a mail behind the one that is seen, which it replaces unless it is late itself. A place of
   * the one before is outlined no more.
   * @param {string} address
   */
  async show(address) {
    this.anchor = "";
    this.reach = null;
    const turn = ++this.turn;
    const frame = /** @type {HTMLIFrameElement} */ (
      h("iframe", { class: "waiting", sandbox: data.isLive ? "allow-scripts" : "allow-same-origin", title: this.title, "aria-hidden": "true", scrolling: data.isLive ? "no" : "auto" })
    );
    frame.style.width = `${this.width}px`;
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    frame.src = address;
    this.element.append(frame);
    const told = this.listen(frame);
    await loaded;
    if (data.isLive) await Promise.race([told, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (turn !== this.turn) {
      frame.remove();
      return;
    }
    this.frame?.remove();
    this.frame = frame;
    frame.classList.remove("waiting");
    frame.removeAttribute("aria-hidden");
    if (this.anchor) this.outline(this.anchor);
    this.fit();
  }

  /** @param {HTMLIFrameElement} frame whose mail has told its height when the promise is kept */
  listen(frame) {
    return new Promise((resolve) => {
      if (!frame.contentWindow) return;
      listeners.set(frame.contentWindow, (news) => {
        if (Number.isInteger(news?.place)) {
          if (frame === this.frame) this.clicked(news.place);
        } else if (Number.isFinite(news?.height) && Number.isFinite(news.top)) {
          this.layouts.set(frame, { height: Math.min(news.height, TALLEST), anchor: String(news.anchor), top: news.top });
          if (frame === this.frame) this.fit();
          resolve(frame);
        }
      });
    });
  }

  /** The width that the mail has, and how much smaller it is drawn so that it fits. */
  resize(/** @type {number} */ width, /** @type {number} */ scale) {
    this.width = width;
    this.scale = scale;
    for (const frame of this.element.querySelectorAll("iframe")) frame.style.width = `${width}px`;
    this.fit();
  }

  /**
   * Outlines a place and says how far down it is, in pixels of this page: more than once where it
   * moves, as the mail is exchanged or its width changes.
   * @param {string} anchor
   * @param {(top: number) => void} reach
   */
  pointAt(anchor, reach) {
    this.outline(anchor);
    if (!data.isLive) return;
    this.reach = reach;
    this.follow();
  }

  /** Where the place that is pointed at is now. A mail without a height scrolls to it by itself. */
  follow() {
    const { reach } = this;
    const layout = this.frame && this.layouts.get(this.frame);
    if (!reach || !layout?.height || layout.anchor !== this.anchor) return;
    reach(layout.top * this.scale);
    setTimeout(() => this.reach === reach && (this.reach = null), FOLLOWED);
  }

  /** @param {string} anchor */
  outline(anchor) {
    this.anchor = anchor;
    this.frame?.contentWindow?.location.replace(`${this.frame.src}#${encodeURIComponent(anchor)}`);
  }

  /** No place is outlined any more. */
  forgetPlace() {
    this.reach = null;
    this.outline("");
  }

  /** As tall as the mail; where that is unknown, the frame scrolls by itself. */
  fit() {
    const height = (this.frame && this.layouts.get(this.frame)?.height) || 0;
    this.element.classList.toggle("scrolls", !height);
    this.element.style.width = `${this.width * this.scale}px`;
    this.element.style.height = height ? `${Math.ceil(height * this.scale)}px` : "";
    for (const frame of this.element.querySelectorAll("iframe")) {
      frame.style.height = height ? `${height}px` : `${100 / this.scale}%`;
      frame.style.transform = this.scale === 1 ? "" : `scale(${this.scale})`;
    }
    this.follow();
  }
}
