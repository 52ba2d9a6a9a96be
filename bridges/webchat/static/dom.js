/** Small helpers on the document: find, make, say. Text is always set as text, never as HTML. */

export const $ = (id) => document.getElementById(id);

/** Makes an element: `h("p", {class: "x", onclick: f}, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** Tells screen readers something that the eye sees elsewhere; waits its turn, never interrupts. */
export function say(text) {
  $("status").textContent = text;
}

/** Shows a sentence in an element that is empty and hidden when there is nothing to say. */
export function tell(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

/** An identifier nobody can guess; crypto.randomUUID is missing where the page is served without TLS. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
