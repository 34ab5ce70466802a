// @ts-check
// The mail, or two beside each other: as wide as is chosen, and drawn smaller where it would not fit.

import { data } from "./data.js";
import { NARROWEST, WIDEST, WIDTHS, whoOf, within } from "./choices.js";
import { fill, h } from "./dom.js";
import { MailFrame } from "./mail-frame.js";

const GAP = 24; // pixels between two mails
const HANDLE = 16; // pixels beside the mail
const ABOVE = 0.3; // of the visible height: what stays above a place that is scrolled to

/** @param {import("./issue-page.js").IssuePage} page */
export function makeStage(page) {
  const first = new MailFrame("The mail", (place) => page.clicked(place, false));
  const second = new MailFrame("The version beside it", (place) => page.clicked(place, true));
  const handle = h("div", {
    class: "handle", role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-label": "Width of the mail",
    "aria-valuemin": NARROWEST, "aria-valuemax": WIDEST, onpointerdown: drag, onkeydown: press,
  });
  const nothing = h("p", { class: "nothing", hidden: true });
  const heads = [h("h2", { class: "paper-head" }), h("h2", { class: "paper-head" })];
  const left = h("div", { class: "column" }, heads[0], h("div", { class: "sheet" }, first.element, handle));
  const right = h("div", { class: "column", hidden: true }, heads[1], h("div", { class: "sheet" }, second.element));
  const differences = h("p", { class: "differences", hidden: true });
  const papers = h("div", { class: "papers" }, left, right);
  const element = h("div", { class: "stage-scroll", tabindex: "0", role: "region", "aria-label": "The mail as readers see it" }, nothing, differences, papers);
  let shown = "";
  /** @type {Promise<unknown>} */
  let loading = Promise.resolve();
  new ResizeObserver(() => fit()).observe(element);

  function fit() {
    const { beside } = page.choices;
    const { paddingLeft, paddingRight } = getComputedStyle(papers);
    const inside = element.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    const room = beside ? (inside - GAP) / 2 : inside - (handle.offsetParent ? HANDLE : 0);
    const fitting = room < NARROWEST ? WIDTHS.phone : Math.min(WIDTHS.desktop, Math.floor(room));
    const width = page.choices.width || fitting;
    const scale = Math.min(1, Math.max(0.2, room / width));
    for (const frame of [first, second]) frame.resize(width, scale);
    handle.setAttribute("aria-valuenow", String(width));
    handle.setAttribute("aria-valuetext", `${width} pixels`);
    page.toolbar.setSize(width, scale);
  }

  /** @param {number} width */
  function setWidth(width) {
    page.choose({ width: within(width) });
  }

  /** @param {PointerEvent} event */
  function drag(event) {
    const from = { x: event.clientX, width: first.width, scale: first.scale };
    const centred = page.choices.beside ? 1 : 2; // the mail grows on both sides
    handle.setPointerCapture(event.pointerId);
    element.classList.add("dragging");
    const move = (/** @type {PointerEvent} */ now) => setWidth(from.width + ((now.clientX - from.x) * centred) / from.scale);
    handle.addEventListener("pointermove", move);
    handle.addEventListener(
      "lostpointercapture",
      () => {
        handle.removeEventListener("pointermove", move);
        element.classList.remove("dragging");
      },
      { once: true },
    );
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const step = { ArrowLeft: -10, ArrowRight: 10, PageDown: -100, PageUp: 100 }[event.key];
    if (!step) return;
    event.preventDefault();
    setWidth(first.width + step);
  }

  async function draw() {
    const { choices, view, overview } = page;
    element.hidden = choices.part !== "mail";
    if (element.hidden || !overview) return;
    const beside = page.variants().find((one) => one.id === choices.beside && one.id !== view?.variant);
    right.hidden = !beside;
    for (const head of heads) head.hidden = !beside;
    nothing.hidden = Boolean(view?.variant);
    nothing.textContent = !overview.sections ? "" : view?.sections ? "This reader gets nothing of this issue: no section is meant for them." : "There is nothing to show yet.";
    papers.hidden = !view?.variant;
    if (!view?.variant) return;
    fill(heads[0], view.subscriber?.name ?? view.label);
    fill(heads[1], beside?.label ?? "");
    drawDifferences(beside);
    fit();
    const { look, images } = choices;
    const mine = JSON.stringify([view.digest, look, images, beside && beside.id, beside && page.besideDigest]);
    if (mine === shown) return loading;
    shown = mine;
    const dress = { look, images };
    loading = Promise.all([
      first.show(data.mailAddress(page.issue, whoOf(choices), { ...dress, against: beside?.id ?? "" })),
      beside && second.show(data.mailAddress(page.issue, { variant: beside.id }, { ...dress, against: view.variant })),
    ]);
    await loading;
  }

  function drawDifferences(beside) {
    differences.hidden = !beside;
    if (!beside) return;
    const ours = page.view.sections.filter((one) => one.gets && !beside.sections.includes(one.slug));
    const theirs = page.view.sections.filter((one) => !one.gets && beside.sections.includes(one.slug));
    const titles = (/** @type {any[]} */ some) => some.map((one) => `“${one.title}”`).join(", ") || "nothing";
    fill(differences, h("strong", {}, "Only on the left: "), titles(ours), ". ", h("strong", {}, "Only on the right: "), titles(theirs), ". What differs is outlined.");
  }

  return {
    element,
    draw,
    fit,
    /** Scrolls to a place and outlines it. */
    goTo(/** @type {string} */ anchor, isSecond = false) {
      const frame = isSecond ? second : first;
      frame.pointAt(anchor, (top) => {
        const down = frame.element.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop + top - ABOVE * element.clientHeight;
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        element.scrollTo({ top: Math.max(0, down), behavior: calm ? "instant" : "smooth" });
      });
    },
    outline(/** @type {string} */ anchor, isSecond = false) {
      (isSecond ? second : first).outline(anchor);
    },
    forgetPlace() {
      first.forgetPlace();
      second.forgetPlace();
    },
  };
}
