// @ts-check
// A reader by a few letters of name or address. What is typed is sent in the body of a request, and
// the reader is chosen by a name that means nothing: neither ever stands in an address.

import { data } from "./data.js";
import { h } from "./dom.js";

const PAUSE = 60; // milliseconds between letters before it is asked

/** @param {import("./issue-page.js").IssuePage} page */
export function makeReaderPicker(page) {
  const box = h("ul", { id: "picker-list", role: "listbox", "aria-label": "Readers", hidden: true });
  const said = h("p", { class: "faint picker-said", role: "status" });
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "picker", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": "picker-list", "aria-autocomplete": "list",
      placeholder: "Type a few letters",
      oninput: () => wait(), onfocus: () => wait(0), onblur: () => setTimeout(close, 150), onkeydown: press,
    })
  );
  /** @type {any[]} */
  let found = [];
  let active = -1;
  let turn = 0;
  let waiting = 0;
  let answered = ""; // the letters that what is found is found by

  function wait(pause = PAUSE) {
    clearTimeout(waiting);
    waiting = setTimeout(look, pause);
  }

  async function look() {
    const mine = ++turn;
    const letters = input.value;
    const { list, region, role } = page.choices;
    const answer = await data.readers(page.issue, { letters, list, region, role }).catch(() => null);
    if (mine !== turn || !answer) return;
    answered = letters;
    found = answer.readers;
    active = -1;
    said.textContent = answer.ready ? (found.length ? "" : "Nobody on the lists is called so.") : "The lists are being read…";
    draw();
  }

  function draw() {
    box.replaceChildren(
      ...found.map((one, index) =>
        h(
          "li",
          { id: `picker-${index}`, role: "option", "aria-selected": String(index === active), onmousedown: (/** @type {Event} */ event) => { event.preventDefault(); choose(index); } },
          h("strong", {}, one.name),
          h("span", { class: "address" }, one.address),
          h("span", { class: "faint" }, [...one.regions, ...one.roles].join(" · ")),
        ),
      ),
    );
    const open = found.length > 0 && document.activeElement === input;
    box.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (active >= 0) input.setAttribute("aria-activedescendant", `picker-${active}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    box.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  /** @param {number} index */
  function choose(index) {
    const reader = found[index];
    if (!reader) return;
    input.value = "";
    found = [];
    close();
    page.choose({ reader: reader.id, variant: "", region: "", role: "" });
  }

  /** Whoever types faster than we answer means whom they typed, not whom we still show. */
  async function chooseFound() {
    if (answered !== input.value) {
      clearTimeout(waiting);
      await look();
    }
    choose(Math.max(0, active));
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      active = (active + step + found.length) % found.length;
      draw();
      box.children[active]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      chooseFound();
    } else if (event.key === "Escape") {
      close();
    }
  }

  return {
    element: h("div", { class: "field picker" }, h("label", { for: "picker" }, "One reader"), input, box, said),
    readersChanged() {
      if (document.activeElement === input) wait(0);
    },
  };
}
