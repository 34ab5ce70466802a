// @ts-check
// What a mail program does not show: the text part, the HTML, the headers and the parts.

import { data } from "./data.js";
import { fill, h, kilobytes } from "./dom.js";
import { copy } from "./files.js";
import { whoOf } from "./choices.js";

/** @param {import("./issue-page.js").IssuePage} page */
export function makeMessageParts(page) {
  const element = h("div", { class: "part", tabindex: "0", role: "region", "aria-label": "What the mail is made of", hidden: true });
  let drawn = "";
  return {
    element,
    async draw() {
      const { part } = page.choices;
      const shown = ["text", "source", "message"].includes(part);
      element.hidden = !shown;
      if (!shown || !page.view?.variant) return;
      const mine = `${part} ${page.view.digest} ${JSON.stringify(whoOf(page.choices))} ${page.overview.number}`;
      if (mine === drawn) return;
      drawn = mine;
      if (part === "text") {
        fill(element, downloads(page, "txt", "the text", page.view.text), numbered(page.view.text));
        return;
      }
      const message = await data.message(page.issue, whoOf(page.choices));
      if (mine !== drawn) return;
      if (part === "source") fill(element, downloads(page, "html", "the HTML", message.html), numbered(message.html));
      else fill(element, downloads(page, "eml", "the message"), headers(message), h("h2", {}, "Parts"), h("ul", { class: "tree" }, branch(message.tree)));
    },
  };
}

/** @param {import("./issue-page.js").IssuePage} page */
function downloads(page, /** @type {string} */ form, /** @type {string} */ what, text = "") {
  const address = data.downloadAddress(page.issue, whoOf(page.choices), form);
  return h(
    "p",
    { class: "downloads" },
    address && h("a", { class: "button", href: address, download: true }, `Download ${what} (.${form})`),
    text && h("button", { type: "button", onclick: () => copy(text, (said) => page.status.say(said.startsWith("Copied") ? `Copied ${what}.` : said)) }, `Copy ${what}`),
  );
}

/** @param {string} text */
function numbered(text) {
  return h("pre", { class: "numbered" }, ...text.split("\n").map((line) => h("span", { class: "line" }, `${line}\n`)));
}

function headers(message) {
  return h(
    "table",
    { class: "headers" },
    h("caption", {}, `Headers of a message of ${kilobytes(message.bytes)}`),
    h("tbody", {}, ...message.headers.map(({ name, value }) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value)))),
  );
}

function branch(part) {
  const facts = [part.charset, part.encoding, part.name, part.cid, kilobytes(part.bytes)].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("code", {}, part.type),
    h("span", { class: "faint" }, ` ${facts}`),
    part.parts.length > 0 && h("ul", {}, ...part.parts.map(branch)),
  );
}
