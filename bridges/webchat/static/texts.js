/** The sentences of the interface, in the citizen's language; the server sends them with the entry point. */

let texts = {};
export let language = document.documentElement.lang;

/** The sentence `key`, with `{name}` replaced by `values.name`. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Takes a language's sentences and puts them on everything that is marked with data-t or data-t-label. */
export function speak(code, sentences) {
  texts = sentences;
  language = code;
  document.documentElement.lang = code;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
}

/** 14:02 today, with the day before it on other days. */
export function clock(date) {
  const time = { hour: "2-digit", minute: "2-digit" };
  const today = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(language, today ? time : { day: "numeric", month: "short", ...time }).format(date);
}

/** 1.2 Mo, 340 ko … in the reader's units. */
export function size(bytes) {
  const [unit, value] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  const style = { style: "unit", unit, maximumFractionDigits: bytes < 1e6 ? 0 : 1 };
  return new Intl.NumberFormat(language, style).format(bytes < 1e3 ? 1 : value);
}
