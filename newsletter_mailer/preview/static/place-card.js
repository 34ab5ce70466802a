// @ts-check
// What was clicked in the mail: its section, its file, and where a link leads.

import { fill, h } from "./dom.js";
import { fileLine } from "./files.js";

const OPENS = /^(https?|mailto|tel):/i;

/** @param {import("./issue-page.js").IssuePage} page */
export function makePlaceCard(page) {
  const element = h("div", { class: "place-card", role: "region", "aria-label": "What was clicked", "aria-live": "polite", hidden: true });
  const close = () => {
    element.hidden = true;
    page.stage.forgetPlace();
  };
  return {
    element,
    hide() {
      element.hidden = true;
    },
    /** @param {any} place */
    show(place) {
      const section = page.view.sections.find((one) => one.slug === place.section);
      element.hidden = false;
      fill(
        element,
        h("button", { type: "button", class: "quiet close", "aria-label": "Close", "data-key": "close place", onclick: close }, "×"),
        h("strong", {}, section ? section.title : "The template"),
        h("p", { class: "where" }, fileLine(place, page.status.say)),
        place.drawn_by !== `${place.file}:${place.line}` && h("p", { class: "faint" }, `Drawn by ${place.drawn_by}`),
        place.target && h("p", { class: "leads" }, "Leads to ", OPENS.test(place.target) ? h("a", { href: place.target, target: "_blank", rel: "noopener noreferrer" }, place.target) : h("code", {}, place.target)),
      );
    },
  };
}
