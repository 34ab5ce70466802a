// @ts-check
// Who gets what: sections against versions, with head counts. A cell leads to the section there.

import { asVersion } from "./reader-choice.js";
import { counted, fill, h } from "./dom.js";

/** @param {import("./issue-page.js").IssuePage} page */
export function makeMatrix(page) {
  const element = h("div", { class: "part matrix", tabindex: "0", role: "region", "aria-label": "Who gets what", hidden: true });
  return {
    element,
    draw() {
      const { overview, choices } = page;
      element.hidden = choices.part !== "matrix";
      if (element.hidden || !overview?.variants) return;
      const heads = (/** @type {number} */ count) => (overview.counted ? count.toLocaleString("en-GB") : "–");
      fill(
        element,
        h(
          "table",
          {},
          h("caption", {}, overview.counted ? "Sections and versions of this issue, and how many readers get each." : "The lists are not here, so that nobody is counted: every declared region and role is shown."),
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Section"), h("th", { scope: "col" }, "Readers"), ...overview.variants.map((one, index) => versionHead(one, index, page, heads)))),
          h("tbody", {}, ...overview.sections.map((section) => row(section, page, heads))),
        ),
        h("ol", { class: "legend" }, ...overview.variants.map((one) => h("li", {}, one.label, h("span", { class: "faint" }, overview.counted ? ` ${counted(one.readers, "reader")}` : "")))),
      );
    },
  };
}

function versionHead(variant, index, page, heads) {
  const isShown = variant.id === page.view?.variant;
  return h(
    "th",
    { scope: "col", class: isShown && "shown" },
    h(
      "button",
      { type: "button", title: variant.label, "data-key": `version ${variant.id}`, onclick: () => page.choose({ ...asVersion(variant.id), part: "mail" }) },
      unseen("Version "),
      h("span", {}, String(index + 1)),
      unseen(`, ${variant.label}, `),
      h("small", {}, heads(variant.readers)),
      unseen(variant.readers === 1 ? " reader" : " readers"),
    ),
  );
}

function unseen(/** @type {string} */ text) {
  return h("span", { class: "unseen" }, text);
}

function row(section, page, heads) {
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, section.title, section.target && h("small", {}, `For ${section.target}`)),
    h("td", {}, heads(section.readers)),
    ...page.overview.variants.map((variant, index) => {
      const has = variant.sections.includes(section.slug);
      const show = async () => {
        await page.choose({ ...asVersion(variant.id), part: "mail" });
        page.goToSection(section.slug);
      };
      return h(
        "td",
        { class: variant.id === page.view?.variant && "shown" },
        has
          ? h("button", { type: "button", class: "has", "data-key": `cell ${section.slug} ${variant.id}`, "aria-label": `${section.title}: in version ${index + 1}. Show it there`, onclick: show }, "●")
          : h("span", { class: "has-not" }, h("span", { "aria-hidden": "true" }, "–"), unseen("not in this version")),
      );
    }),
  );
}
