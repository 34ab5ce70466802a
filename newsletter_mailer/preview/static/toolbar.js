// @ts-check
// Which part of the mail is shown, how wide, in which colours, with or without pictures.

import { WIDTHS } from "./choices.js";
import { segmented } from "./controls.js";
import { h, kilobytes } from "./dom.js";

/** @param {import("./issue-page.js").IssuePage} page */
export function makeToolbar(page) {
  const part = segmented("Show", "part", [["mail", "Mail"], ["text", "Text"], ["source", "HTML"], ["message", "Message"], ["matrix", "Who gets what"]], (value) => page.choose({ part: /** @type {any} */ (value) }));
  const width = segmented("Width", "width", [["0", "Fit", "As wide as there is room"], ...Object.entries(WIDTHS).map(([name, size]) => [String(size), name[0].toUpperCase() + name.slice(1), `${size} pixels`])], (value) => page.choose({ width: Number(value) }));
  const look = segmented("Colours", "look", [["light", "Light"], ["dark", "Dark", "With the newsletter's own styles for dark mode"], ["forced", "Forced dark", "A simulation of mail programs that invert colours by themselves"]], (value) => page.choose({ look: /** @type {any} */ (value) }));
  const images = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", onchange: () => page.choose({ images: images.checked ? "" : "off" }) }));
  const size = h("output", { class: "size", "aria-label": "Width" });
  const simulation = h("p", { class: "simulation", hidden: true }, "Simulation: some mail programs invert a mail’s colours by themselves, each in its own way. This shows roughly what to expect.");
  const meter = h("div", { class: "meter" });
  const top = h("div", { class: "tools" }, part.element, meter);
  const ofMail = h("div", { class: "tools" }, width.element, size, look.element, page.isLive && h("label", { class: "check" }, images, "Pictures"));
  const element = h("div", { class: "toolbar" }, top, ofMail, simulation);
  return {
    element,
    draw() {
      const { choices, view } = page;
      part.set(choices.part);
      width.set(String(choices.width));
      look.set(choices.look);
      images.checked = choices.images !== "off";
      ofMail.hidden = choices.part !== "mail";
      simulation.hidden = choices.part !== "mail" || choices.look !== "forced";
      if (view?.size) meter.replaceChildren(...drawMeter(view.size));
    },
    /** @param {number} width @param {number} scale */
    setSize(width, scale) {
      const smaller = scale < 0.995;
      size.textContent = `${width} px${smaller ? ` · ${Math.round(scale * 100)} %` : ""}`;
      size.title = smaller ? "Drawn smaller, so that it fits here" : "";
    },
  };
}

function drawMeter({ html, clips, soon }) {
  const state = html >= clips ? "error" : html >= soon ? "warning" : "fine";
  const said = `${kilobytes(html)} of ${kilobytes(clips)}`;
  const why = `The HTML has ${kilobytes(html)}. Gmail hides what comes after ${kilobytes(clips)}.`;
  const bar = h("meter", { min: 0, max: clips, high: soon, optimum: 0, value: Math.min(html, clips), "aria-label": why }, said);
  return [bar, h("span", { class: `faint ${state}`, title: why }, said)];
}
