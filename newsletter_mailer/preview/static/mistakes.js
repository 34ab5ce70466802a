// @ts-check
// A mistake that keeps the newest files from being shown: over the last good version, until mended.

import { fill, h } from "./dom.js";
import { fileLine } from "./files.js";

/** @param {import("./issue-page.js").IssuePage} page */
export function makeMistakes(page) {
  const element = h("div", { class: "mistakes", role: "alert", hidden: true });
  return {
    element,
    draw() {
      const mistakes = page.overview?.mistakes ?? [];
      element.hidden = mistakes.length === 0;
      page.root.classList.toggle("has-mistakes", mistakes.length > 0);
      if (!mistakes.length) {
        element.replaceChildren();
        return;
      }
      const below = page.overview.sections ? "Below is the last version without it." : "";
      fill(
        element,
        h("h2", {}, mistakes.length === 1 ? "A mistake" : `${mistakes.length} mistakes`),
        h("p", { class: "faint" }, `${below} This goes away when the file is mended and saved.`),
        ...mistakes.map((mistake) => drawMistake(mistake, page)),
      );
    },
  };
}

/** @param {import("./issue-page.js").IssuePage} page */
function drawMistake(mistake, page) {
  return h(
    "article",
    {},
    h("p", { class: "message" }, mistake.message),
    h("p", { class: "where" }, fileLine(mistake, page.status.say)),
    mistake.lines.length > 0 && h("pre", { class: "about" }, ...mistake.lines.flatMap((line) => drawLine(line, mistake))),
    mistake.hint && h("p", { class: "hint" }, mistake.hint),
  );
}

function drawLine(line, mistake) {
  const drawn = h("span", { class: line.meant ? "line meant" : "line" }, h("span", { class: "number", "aria-hidden": "true" }, `${String(line.number).padStart(4)} `));
  if (line.meant && mistake.column && mistake.width) {
    const start = mistake.column - 1;
    const end = start + mistake.width;
    drawn.append(line.text.slice(0, start), h("mark", {}, line.text.slice(start, end)), `${line.text.slice(end)}\n`);
  } else {
    drawn.append(`${line.text}\n`);
  }
  return [drawn];
}
