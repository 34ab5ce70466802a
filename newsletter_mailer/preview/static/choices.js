// @ts-check
// What was chosen, kept in the page's address: a reload, a bookmark or a colleague sees the same.
// A person is in it only by a name that means nothing in another run.

import { data } from "./data.js";

export const WIDTHS = { phone: 375, tablet: 768, desktop: 1000 };
export const NARROWEST = 240;
export const WIDEST = 1600;

/**
 * @typedef {object} Choices
 * @property {string} variant
 * @property {string} region
 * @property {string} role
 * @property {string} list
 * @property {string} reader
 * @property {"mail" | "text" | "source" | "message" | "matrix"} part
 * @property {number} width 0: as wide as there is room
 * @property {"light" | "dark" | "forced"} look
 * @property {"" | "off"} images
 * @property {string} beside
 * @property {"" | "mail"} only
 */

/** @type {Choices} */
const USUAL = {
  variant: "", region: "", role: "", list: "", reader: "",
  part: "mail", width: 0, look: "light", images: "", beside: "", only: "",
};
/** @type {Record<string, string[]>} */
const POSSIBLE = {
  part: ["mail", "text", "source", "message", "matrix"],
  look: ["light", "dark", "forced"],
  images: ["", "off"],
  only: ["", "mail"],
};

/** @returns {Choices} */
export function readChoices() {
  const given = new URLSearchParams(data.isLive ? location.search : location.hash.slice(1));
  /** @type {any} */
  const choices = { ...USUAL };
  for (const name of Object.keys(USUAL)) {
    const value = given.get(name);
    if (value !== null && (POSSIBLE[name] ?? [value]).includes(value)) choices[name] = value;
  }
  choices.width = Number(choices.width) ? within(Number(choices.width)) : 0;
  return choices;
}

/** @param {Choices} choices */
export function keepChoices(choices) {
  const kept = Object.entries(choices).filter(([name, value]) => value !== USUAL[name]);
  const query = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  // A page from a disk may change nothing of its address but what stands behind the "#".
  history.replaceState(null, "", data.isLive ? location.pathname + (query ? `?${query}` : "") : `#${query}`);
}

/** @param {Choices} choices */
export function whoOf({ variant, region, role, reader }) {
  if (reader) return { reader };
  return region || role ? { region, role } : { variant };
}

/** @param {number} width */
export function within(width) {
  return Number.isFinite(width) ? Math.round(Math.min(WIDEST, Math.max(NARROWEST, width))) : 0;
}
