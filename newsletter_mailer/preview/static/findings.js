// @ts-check
// What `check` found, grouped by section. A click shows the place in the mail.

import { counted, fill, h } from "./dom.js";
import { fileLine } from "./files.js";

const WORDS = { error: "Error", warning: "Warning", info: "Note" };

/** @param {import("./issue-page.js").IssuePage} page */
export function makeFindings(page) {
  const counts = h("p", { class: "counts" });
  const list = h("div", { class: "groups" });
  const element = h("section", { class: "pane findings", "aria-label": "Findings" }, h("h2", {}, "Findings"), counts, list);
  return {
    element,
    draw() {
      const { overview } = page;
      if (!overview) return;
      fill(counts, ...severities(overview));
      fill(list, ...groups(overview).map((group) => drawGroup(group, page)));
    },
  };
}

function severities(overview) {
  const count = (/** @type {string} */ severity) => overview.findings.filter((one) => one.severity === severity).length;
  const chips = Object.entries(WORDS).filter(([severity]) => count(severity)).map(([severity, word]) =>
    h("span", { class: `chip ${severity}` }, counted(count(severity), word.toLowerCase())),
  );
  if (!overview.checked) return [...chips, h("span", { class: "faint" }, "Checking…")];
  return chips.length ? chips : [h("span", { class: "chip fine" }, "Nothing is wrong.")];
}

/** By section in the order of the issue; what belongs to none by its file, before and after. */
function groups(overview) {
  const titles = new Map((overview.sections ?? []).map((one) => [one.slug, one.title]));
  /** @type {Map<string, { title: string, rank: number, findings: { finding: any, index: number }[] }>} */
  const found = new Map();
  overview.findings.forEach((finding, index) => {
    const key = finding.section || finding.file;
    const rank = finding.section ? [...titles.keys()].indexOf(finding.section) : finding.file.endsWith("/issue.toml") ? -1 : titles.size;
    const title = titles.get(finding.section) ?? (rank < 0 ? "The issue as a whole" : finding.file);
    if (!found.has(key)) found.set(key, { title, rank, findings: [] });
    found.get(key)?.findings.push({ finding, index });
  });
  return [...found.values()].sort((one, other) => one.rank - other.rank);
}

/** @param {import("./issue-page.js").IssuePage} page */
function drawGroup(group, page) {
  return h(
    "section",
    {},
    h("h3", {}, group.title),
    h("ul", {}, ...group.findings.map(({ finding, index }) => drawFinding(finding, index, page))),
  );
}

/** @param {import("./issue-page.js").IssuePage} page */
function drawFinding(finding, /** @type {number} */ index, page) {
  return h(
    "li",
    { class: `finding ${finding.severity}`, "data-finding": index },
    h(
      "button",
      { type: "button", class: "message", "data-key": `finding ${finding.rule} ${finding.file} ${finding.line} ${finding.message}`, onclick: () => page.goToFinding(index) },
      h("span", { class: "severity" }, `${WORDS[finding.severity]}: `),
      finding.message,
    ),
    finding.hint && h("p", { class: "hint" }, finding.hint),
    h("p", { class: "where" }, fileLine(finding, page.status.say), h("span", { class: "faint rule" }, finding.rule)),
  );
}
