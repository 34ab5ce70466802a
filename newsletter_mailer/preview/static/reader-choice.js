// @ts-check
// As whom the mail is looked at: a version of it, a made-up reader, or one of the lists' people; and
// which sections that reader gets, and why each other one is left out.

import { dropdown } from "./controls.js";
import { counted, fill, h } from "./dom.js";
import { makeReaderPicker } from "./reader-picker.js";

/** @param {import("./issue-page.js").IssuePage} page */
export function makeReaderChoice(page) {
  const form = h("div", { class: "who-form" });
  const card = h("div", { class: "card who-card" });
  const stepper = h("div", { class: "stepper" });
  const sections = h("ol", { class: "sections" });
  const picker = makeReaderPicker(page);
  const element = h(
    "section",
    { class: "pane who", "aria-label": "As whom" },
    h("h2", {}, "As whom"),
    page.isLive && form,
    page.isLive && picker.element,
    card,
    stepper,
    h("h2", {}, "Sections"),
    sections,
  );
  return {
    element,
    readersChanged: picker.readersChanged,
    draw() {
      const { overview, view, choices } = page;
      if (!overview?.sections) return;
      fill(form, ...filters(page));
      fill(card, ...describe(view, choices, overview));
      fill(stepper, ...versions(page));
      fill(sections, ...(view?.sections ?? []).map((one) => sectionItem(one, page)));
    },
  };
}

/** @param {import("./issue-page.js").IssuePage} page */
function filters(page) {
  const { overview, choices } = page;
  const reader = (/** @type {object} */ change) => page.choose({ variant: "", reader: "", ...change });
  const lists = overview.lists.map(([name, size]) => [name, size === null ? name : `${name} (${counted(size, "person", "people")})`]);
  return [
    dropdown("Region", [["", "Any region"], ...overview.regions], choices.region, (region) => reader({ region })),
    dropdown("Role", [["", "Any role"], ...overview.roles], choices.role, (role) => reader({ role })),
    dropdown("List", [["", "All lists"], ...lists], choices.list, (list) => page.choose({ list })),
  ];
}

function describe(view, choices, overview) {
  if (!view) return [];
  const named = (/** @type {[string, string][]} */ pairs, /** @type {string} */ slug) => pairs.find(([one]) => one === slug)?.[1];
  if (view.subscriber) {
    const { name, address, regions, roles, lists } = view.subscriber;
    return [
      h("strong", {}, name),
      h("span", { class: "address" }, address),
      h("span", {}, [...regions, ...roles].join(" · ") || "no region, no role"),
      h("span", { class: "faint" }, `On ${lists.join(", ")}`),
    ];
  }
  if (view.kind === "made-up") {
    const region = named(overview.regions, choices.region);
    const role = named(overview.roles, choices.role);
    return [
      h("strong", {}, "A made-up reader"),
      h("span", {}, [role ?? "without a role", region ? `in ${region}` : "without a region"].join(" ")),
      overview.counted && view.like !== null && h("span", { class: "faint" }, `${counted(view.like, "reader")} of the lists ${view.like === 1 ? "is" : "are"} so.`),
    ];
  }
  return [
    h("strong", {}, view.label ?? ""),
    h("span", {}, overview.counted ? `${counted(view.readers ?? 0, "reader")} get${view.readers === 1 ? "s" : ""} it` : "The lists are not here: nobody is counted."),
  ];
}

/** @param {import("./issue-page.js").IssuePage} page */
function versions(page) {
  const { overview, view, choices } = page;
  const all = page.variants();
  if (!all.length) return [];
  const at = all.findIndex((one) => one.id === view?.variant);
  const step = (/** @type {number} */ by) => page.choose(asVersion(all[(at + by + all.length) % all.length].id));
  const options = all.map((one, index) => [one.id, `${index + 1}. ${one.label}${overview.counted ? ` (${counted(one.readers, "reader")})` : ""}`]);
  if (at < 0) options.unshift(["", view?.variant ? "Nobody gets this version now" : "Nothing of this issue"]);
  const others = all.filter((one) => one.id !== view?.variant);
  return [
    h(
      "div",
      { class: "steps" },
      h("button", { type: "button", "data-key": "before", "aria-label": "Previous version", onclick: () => step(-1) }, "‹"),
      h("span", {}, at < 0 ? `${all.length} versions` : `Version ${at + 1} of ${all.length}`),
      h("button", { type: "button", "data-key": "after", "aria-label": "Next version", onclick: () => step(1) }, "›"),
    ),
    dropdown("Version", options, view?.variant ?? "", (id) => id && page.choose(asVersion(id))),
    others.length > 0 &&
      dropdown("Beside it", [["", "Nothing"], ...others.map((one) => [one.id, one.label])], choices.beside, (beside) => page.choose({ beside, part: "mail" })),
  ];
}

/** @param {string} variant */
export function asVersion(variant) {
  return { variant, region: "", role: "", reader: "" };
}

/** @param {import("./issue-page.js").IssuePage} page */
function sectionItem(section, page) {
  const wrong = page.overview.findings.filter((one) => one.section === section.slug);
  const worst = ["error", "warning", "info"].find((severity) => wrong.some((one) => one.severity === severity));
  return h(
    "li",
    { class: section.gets ? "gets" : "left-out" },
    section.gets
      ? h("button", { type: "button", class: "title", "data-key": `section ${section.slug}`, onclick: () => page.goToPlace(section.place) }, section.title)
      : h("span", { class: "title" }, section.title),
    worst && h("span", { class: `dot ${worst}` }, h("span", { class: "unseen" }, counted(wrong.length, "finding"))),
    h("span", { class: "why" }, section.gets ? "" : "Left out. ", section.why),
  );
}
