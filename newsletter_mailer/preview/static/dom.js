// @ts-check
// Elements made in one expression. Text is always text: nothing here is read as markup.

/**
 * `h("button", { class: "quiet", onclick: close }, "Close")`
 * An attribute that is false, null or undefined is left out; true stands without a value.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | number | false | null | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== false && child !== null && child !== undefined) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Replaces what an element holds, and puts the focus back where it was. */
export function fill(/** @type {HTMLElement} */ holder, /** @type {(Node | string | false | null)[]} */ ...children) {
  const focused = holder.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.getAttribute("data-key");
  holder.replaceChildren(...children.filter((child) => child !== false && child !== null));
  if (key) {
    const again = holder.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
}

/** @param {number} count */
export function counted(count, /** @type {string} */ one, many = `${one}s`) {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}

/** @param {number} octets */
export function kilobytes(octets) {
  return octets < 1024 ? `${octets} bytes` : `${(octets / 1024).toLocaleString("en-GB", { maximumFractionDigits: octets < 10240 ? 1 : 0 })} KB`;
}
