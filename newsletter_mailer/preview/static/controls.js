// @ts-check
// Controls that several parts of the page use. All are native ones: the keyboard works by itself.

import { h } from "./dom.js";

/**
 * One of a few: radio buttons that look like a row of buttons.
 * @param {string} legend
 * @param {string} name
 * @param {[value: string, label: string, hint?: string][]} options
 * @param {(value: string) => void} choose
 */
export function segmented(legend, name, options, choose) {
  const radios = options.map(([value, label, hint]) => {
    const radio = /** @type {HTMLInputElement} */ (
      h("input", { type: "radio", name, value, onchange: () => choose(value) })
    );
    return { radio, label: h("label", { title: hint }, radio, h("span", {}, label)) };
  });
  const element = h("fieldset", { class: "segmented" }, h("legend", {}, legend), ...radios.map((one) => one.label));
  return {
    element,
    /** @param {string} value */
    set(value) {
      for (const { radio } of radios) radio.checked = radio.value === value;
    },
  };
}

/**
 * @param {string} label
 * @param {[value: string, label: string][]} options
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
export function dropdown(label, options, chosen, choose) {
  const id = `field-${label.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  const select = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { id, "data-key": id, onchange: () => choose(select.value) },
      ...options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
    )
  );
  return h("div", { class: "field" }, h("label", { for: id }, label), select);
}

/** A line that says what happened, to eyes and to screen readers. */
export function makeStatus() {
  const element = h("p", { class: "status", role: "status" });
  let fading = 0;
  return {
    element,
    /** @param {string} text */
    say(text, lasts = false) {
      clearTimeout(fading);
      element.textContent = text;
      if (!lasts) fading = setTimeout(() => (element.textContent = ""), 6000);
    },
  };
}
