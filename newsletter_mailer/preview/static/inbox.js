// @ts-check
// The row of an inbox, cut as a phone and as Outlook cut it, in light and in dark.

import { fill, h } from "./dom.js";

const PROGRAMS = [
  ["phone", "On a phone"],
  ["outlook", "In Outlook"],
];

export function makeInbox() {
  const summary = h("summary");
  const cards = h("div", { class: "inbox-cards", tabindex: "0", role: "group", "aria-label": "The row in four inboxes" });
  const element = h("details", { class: "inbox" }, summary, cards);
  return {
    element,
    /** Shows and outlines it. */
    point() {
      element.setAttribute("open", "");
      element.classList.add("pointed");
      element.scrollIntoView({ block: "nearest" });
      setTimeout(() => element.classList.remove("pointed"), 2500);
    },
    draw(view) {
      const row = view?.inbox;
      element.hidden = !row;
      if (!row) return;
      fill(
        summary,
        h("span", { class: "unseen" }, "In the inbox: "),
        h("strong", {}, row.sender), h("span", { class: "subject" }, row.subject), h("span", { class: "faint" }, rest(row)),
      );
      fill(cards, ...PROGRAMS.flatMap(([program, label]) => ["light", "dark"].map((scheme) => card(row, program, label, scheme))));
    },
  };
}

function card(row, program, label, scheme) {
  return h(
    "figure",
    { class: `inbox-card ${program} ${scheme}` },
    h(
      "div",
      { class: "row" },
      h("span", { class: "face", "aria-hidden": "true" }, initials(row.sender)),
      h("strong", { class: "sender" }, row.sender),
      h("span", { class: "time" }, "09:00"),
      h("span", { class: "subject" }, row.subject),
      h("span", { class: "preheader" }, rest(row)),
    ),
    h("figcaption", {}, `${label}, ${scheme}`),
  );
}

/** What stands after the subject: where the preheader is short, the mail's first words follow it. */
function rest(row) {
  return [row.preheader, row.goes_on].filter(Boolean).join(" ");
}

/** @param {string} name */
function initials(name) {
  return name.split(/\s+/).map((word) => [...word][0] ?? "").join("").slice(0, 2).toUpperCase();
}
