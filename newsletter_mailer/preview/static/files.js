// @ts-check
// Where something is written: shown, copied, or opened in the person's own editor.

import { data } from "./data.js";
import { h } from "./dom.js";

const RUNS_HERE = /^(javascript|data|vbscript|blob|about|filesystem):/i;

/**
 * `file:line` with buttons that copy it and open it.
 * @param {{ file: string, line: number, column?: number | null }} place
 * @param {(text: string) => void} say
 */
export function fileLine(place, say) {
  const text = `${place.file}:${place.line}`;
  const address = editorAddress(place);
  return h(
    "span",
    { class: "file-line" },
    h("code", {}, ...text.split(/(?<=\/)/).flatMap((piece) => [piece, h("wbr")])),
    h(
      "button",
      { type: "button", class: "quiet", "aria-label": `Copy ${text}`, "data-key": `copy ${text}`, onclick: () => copy(text, say) },
      "Copy",
    ),
    address && h("a", { class: "quiet", href: address, "aria-label": `Open ${text} in the editor` }, "Open"),
  );
}

/**
 * EDITOR_URL with the place put in; empty where there is none.
 * @param {{ file: string, line: number, column?: number | null }} place
 */
export function editorAddress({ file, line, column }) {
  if (!data.editor || RUNS_HERE.test(data.editor) || !data.editor.includes("{file}")) return "";
  const path = `${data.root}/${file}`.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":");
  return data.editor
    .replaceAll("/{file}", `/${path.replace(/^\//, "")}`)
    .replaceAll("{file}", path)
    .replaceAll("{line}", String(line))
    .replaceAll("{column}", String(column || 1));
}

/**
 * @param {string} text
 * @param {(text: string) => void} say
 */
export async function copy(text, say) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied: ${text}`);
  } catch {
    say(`Copying is not allowed here. Copy it yourself: ${text}`);
  }
}
