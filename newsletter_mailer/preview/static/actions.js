// @ts-check
// What can be done here beyond looking: approve the issue, send oneself a test, take a copy along.

import { whoOf } from "./choices.js";
import { data } from "./data.js";
import { fill, h } from "./dom.js";

const SHORT = { none: "Not approved", approved: "Approved", changed: "Changed since approval", unreadable: "Approval unreadable" };
const MARKS = { none: "○", approved: "✓", changed: "!", unreadable: "!" };

/** @param {import("./issue-page.js").IssuePage} page */
export function makeActions(page) {
  const approval = makeApproval(page, () => refresh());
  const test = data.isLive ? makeTest(page) : null;
  const copy = data.isLive && h("a", { class: "button", href: data.exportAddress(page.issue), download: true, title: "A zipped folder for whoever signs the issue off; it opens in any browser" }, "Export");
  const about = !data.isLive && h("a", { class: "button", href: "index.html" }, "About this copy");
  const element = h("div", { id: "acts", class: "acts" }, about, copy, test?.element, approval.element);
  async function refresh() {
    const standing = await data.standing(page.issue).catch(() => null);
    approval.draw(standing?.approval ?? null);
    test?.draw(standing?.test ?? null);
  }
  return { element, refresh };
}

/** @param {import("./issue-page.js").IssuePage} page */
function makeApproval(page, /** @type {() => void} */ changed) {
  let seen = "";
  const words = h("p", { class: "words" });
  const changes = h("ul", { class: "changes" });
  const by = /** @type {HTMLInputElement} */ (h("input", { type: "text", name: "by", required: true, maxlength: 100, autocomplete: "name" }));
  const send = h("button", { type: "submit", class: "primary" }, "Approve");
  const answer = makeAnswer();
  const blocked = h("p", { class: "blocked" });
  const print = h("p", { class: "print" });
  const form = h(
    "form",
    { onsubmit: approve },
    h("label", { class: "field" }, h("span", {}, "Your name"), by),
    h("p", { class: "faint" }, "You approve what every reader will see, in all versions, as it is now. It is written into approval.toml beside the issue."),
    blocked,
    send,
  );
  const dialog = makeDialog("Approval", words, changes, data.isLive ? form : h("p", {}, "To approve, answer whoever sent you this copy, and quote its fingerprint:"), print, answer.element);
  const label = h("span", {});
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const button = h("button", { type: "button", class: "approval", hidden: true, onclick: () => open() }, mark, label);

  function open() {
    answer.clear();
    dialog.show();
  }
  async function approve(/** @type {Event} */ event) {
    event.preventDefault();
    await answer.until(send, data.act(page.issue, "approve", { by: by.value, seen }));
    changed();
  }
  return {
    element: h("div", {}, button, dialog.element),
    draw(/** @type {any} */ standing) {
      button.hidden = !standing;
      if (!standing) return;
      seen = standing.seen;
      button.className = `approval ${standing.verdict}`;
      label.textContent = SHORT[standing.verdict];
      mark.textContent = MARKS[standing.verdict];
      words.textContent = standing.words + (standing.required && standing.verdict !== "approved" ? " It cannot be sent to its readers before that." : "");
      fill(changes, ...standing.changes.map((change) => h("li", {}, change)));
      changes.hidden = standing.changes.length === 0;
      print.textContent = `Fingerprint ${seen.slice(0, 12)}`;
      const errors = page.overview?.findings.filter((one) => one.severity === "error").length ?? 0;
      blocked.textContent = errors ? `${errors === 1 ? "An error has" : `${errors} errors have`} to be mended first: what is approved must be able to go out.` : "";
      blocked.hidden = !errors;
      send.toggleAttribute("disabled", errors > 0);
    },
  };
}

/** @param {import("./issue-page.js").IssuePage} page */
function makeTest(page) {
  const what = h("p", {});
  const through = h("p", { class: "faint" });
  const address = /** @type {HTMLInputElement} */ (h("input", { type: "email", name: "address", required: true, maxlength: 254, autocomplete: "email" }));
  const send = h("button", { type: "submit", class: "primary" }, "Send it");
  const answer = makeAnswer();
  const form = h("form", { onsubmit: test }, h("label", { class: "field" }, h("span", {}, "To this address"), address), through, send);
  const dialog = makeDialog("Send me a test", what, form, answer.element);
  const button = h("button", { type: "button", onclick: () => open() }, "Send me a test");

  function open() {
    const { view } = page;
    const whose = view?.subscriber ? `What ${view.subscriber.name} gets` : `The version “${view?.label}”, with a made-up reader’s name`;
    what.textContent = `${whose}: one mail, with [TEST] before its subject, to one address.`;
    answer.clear();
    dialog.show();
  }
  async function test(/** @type {Event} */ event) {
    event.preventDefault();
    const { reader } = whoOf(page.choices);
    const whose = reader ? { reader } : { variant: page.view?.variant ?? "" };
    await answer.until(send, data.act(page.issue, "test", { address: address.value, ...whose }));
  }
  return {
    element: h("div", {}, button, dialog.element),
    draw(/** @type {any} */ possible) {
      const isReady = Boolean(possible?.ready && page.view?.variant);
      through.textContent = possible?.words ?? "";
      through.classList.toggle("blocked", !isReady);
      send.toggleAttribute("disabled", !isReady);
      address.disabled = !isReady;
    },
  };
}

/** What became of it, to eyes and to screen readers. */
function makeAnswer() {
  const element = h("p", { class: "answer", role: "status" });
  return {
    element,
    clear() {
      element.textContent = "";
      element.className = "answer";
    },
    /** @param {HTMLElement} button @param {Promise<{ done: boolean, words: string }>} asked */
    async until(button, asked) {
      this.clear();
      element.textContent = "One moment…";
      button.setAttribute("disabled", "");
      const answer = await asked.catch((fault) => ({ done: false, words: `It is not known what became of it: ${fault.message}` }));
      button.removeAttribute("disabled");
      element.textContent = answer.words;
      element.classList.add(answer.done ? "fine" : "error");
    },
  };
}

/** @param {string} title @param {...(Node | false)} children */
function makeDialog(title, ...children) {
  const id = `dialog-${title.toLowerCase().replaceAll(" ", "-")}`;
  const close = h("button", { type: "button", class: "quiet close", "aria-label": "Close", onclick: () => dialog.close() }, "×");
  const dialog = /** @type {HTMLDialogElement} */ (
    h("dialog", { "aria-labelledby": id }, h("div", { class: "dialog-top" }, h("h2", { id }, title), close), ...children)
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return { element: dialog, show: () => dialog.showModal() };
}
