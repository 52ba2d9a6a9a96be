/* The launcher. A host page loads it with one tag:
 *   <script src="https://…/widget/brigade.js" data-entry-point="gendarmerie" data-language="fr" defer></script>
 * It shows one button. Until that button is pressed it requests nothing, stores nothing and sets no cookie.
 * data-context tells the gendarme what is being read; data-exit="page" says that the page has its own quick exit.
 * It works under a strict Content-Security-Policy of the host: script-src and frame-src for our origin are enough.
 * Host pages may call window.brigade.open({context: {text}}), window.brigade.close() and window.brigade.exit(). */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.brigade) return;

  const SERVED = "__SERVED__"; // replaced when served: {texts: {fr: {…}}, sensitive: [names], numbers: [{number, href}]}
  const base = new URL(".", script.src);
  const entry = script.dataset.entryPoint || "gendarmerie";
  const { context = "", exit: exits } = script.dataset;
  const sensitive = SERVED.sensitive.includes(entry);
  const small = matchMedia("(max-width: 720px), (max-height: 500px)");
  const KEY = "panel";
  let language = pick([script.dataset.language, document.documentElement.lang, ...navigator.languages]);
  let frame, port, ready, slow, opened, left, started, used, draft, unread = 0, inerted = [];

  const css = `
:host{all:initial;--a:var(--brigade-accent,#1d3b72);--t:var(--brigade-on-accent,#fff)}
*{box-sizing:border-box;font:600 16px/1.3 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
[hidden]{display:none!important}
.dock{position:fixed;z-index:2147483647;right:max(16px,env(safe-area-inset-right));bottom:max(16px,env(safe-area-inset-bottom));
display:flex;flex-wrap:wrap-reverse;justify-content:flex-end;gap:8px;max-width:calc(100vw - 32px)}
.left .dock,.left .panel{right:auto;left:16px}
button,a{display:inline-flex;align-items:center;gap:8px;min-height:48px;min-width:48px;padding:10px 18px;border-radius:24px;
border:2px solid transparent;cursor:pointer;text-decoration:none}
.launch{background:var(--a);color:var(--t);box-shadow:0 2px 10px #0005;border-color:#ffffff59}
.exit{background:#b3261e;color:#fff;border-color:#ffffff80;box-shadow:0 2px 10px #0005}
.plain{background:#fff;color:#1b2233;border-color:#6b7386}
button:focus-visible,a:focus-visible{outline:3px solid #fff;outline-offset:0;box-shadow:0 0 0 6px #0b4fd8}
svg{width:22px;height:22px;flex:none;fill:currentColor}
.panel{position:fixed;z-index:2147483647;right:16px;bottom:84px;width:min(400px,calc(50vw - 24px));
height:min(700px,calc(100vh - 100px));height:min(700px,calc(100dvh - 100px));border-radius:14px;overflow:hidden;background:#f4f6fa;
color:#1b2233;border:1px solid #6b738680;box-shadow:0 8px 32px #0006}
.full.panel{inset:0 auto auto 0;width:100%;height:100%;border-radius:0;border:0}
iframe{position:absolute;inset:0;width:100%;height:100%;border:0;color-scheme:normal}
.wait{position:absolute;inset:0;padding:16px;overflow:auto;display:flex;flex-direction:column;gap:16px}
.wait p,.wait ul{margin:0;padding:0;list-style:none;font-weight:400}.wait ul,.row{display:flex;flex-wrap:wrap;gap:8px}
.wait ul a{background:#fff;color:#7d1710;border-color:#7d1710;padding:4px 14px}
.skip{position:fixed;z-index:2147483647;top:8px;left:8px}.skip:not(:focus){clip-path:inset(50%);width:1px;height:1px;min-width:0;
min-height:0;padding:0;overflow:hidden}
@media (prefers-color-scheme:dark){.panel{background:#141925;color:#e9edf5}}
@media (forced-colors:active){button,a,.panel{border:2px solid ButtonText}button:focus-visible,a:focus-visible{outline:3px solid Highlight}}
@media print{.dock,.panel{display:none}}`;

  /** The first of our languages in a list of wishes such as ["de-AT", "fr"]. */
  function pick(wishes) {
    return wishes.map((wish) => (wish || "").slice(0, 2).toLowerCase()).find((code) => SERVED.texts[code]) || "fr";
  }

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  /** An element of the host page with its own style, out of reach of the host's style and of its style policy. */
  function island(...children) {
    const host = element("div", { "data-brigade": "" });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    const box = element("div", {}, ...children);
    root.append(box);
    return { host, root, box };
  }

  function bubble() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm3 5v2h10V8zm0 4v2h7v-2z");
    svg.append(path);
    return svg;
  }

  const exitAddress = new URL("../exit", base).href;
  const press = (event) => { event.preventDefault(); exit(); };
  const labels = { launch: element("span"), exit: element("span"), wait: element("p", { role: "status" }) };
  const exitButton = element("button", { type: "button", class: "exit", onclick: press }, labels.exit);
  const launcher = element("button",
    { type: "button", class: "launch", "aria-expanded": "false", "aria-controls": "panel", onclick: () => (opened ? close() : open()) },
    bubble(), labels.launch);
  const first = element("a", { class: "exit skip", href: exitAddress, rel: "noreferrer", onclick: press });
  const waitExit = element("button", { type: "button", class: "exit", onclick: press });
  const waitClose = element("button", { type: "button", class: "plain", onclick: () => close() });
  const numbers = element("ul", {}, ...SERVED.numbers.map((n) => element("li", {}, element("a", { href: n.href }, n.number))));
  const wait = element("div", { class: "wait" }, element("div", { class: "row" }, waitExit, waitClose), labels.wait, numbers);
  const panel = element("div", { id: "panel", class: "panel", role: "region", hidden: "" }, wait);
  const main = island(element("div", { class: "dock" }, exitButton, launcher), panel);
  const top = island(first);

  const text = (key) => SERVED.texts[language][key];

  function label() {
    const name = opened ? text("close") : sensitive ? text("launch_neutral") : text("launch");
    labels.launch.textContent = unread && !opened ? `${name} (${unread})` : name;
    launcher.lang = first.lang = panel.lang = exitButton.lang = language;
    labels.exit.textContent = first.textContent = waitExit.textContent = text("exit");
    waitClose.textContent = text("close");
    labels.wait.textContent = slow ? text("down") : text("loading");
    panel.setAttribute("aria-label", text("frame_title"));
    if (frame) frame.title = text("frame_title");
    exitButton.hidden = opened || exits === "page" && sensitive || !(sensitive || started);
  }

  /** What the host page's tab may keep, once the citizen has started: whether the panel was open. */
  function remember(state) {
    try {
      if (state) sessionStorage.setItem(KEY, state);
      else sessionStorage.removeItem(KEY);
    } catch { /* storage refused by the browser: the conversation then lives as long as the page */ }
  }

  function remembered() {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function mount() {
    if (frame) return;
    // No entry point, language or identifier in the address: they go by message once the frame has answered.
    frame = element("iframe", { src: new URL("frame", base).href, title: text("frame_title"), referrerpolicy: "no-referrer", allow: "" });
    panel.append(frame);
    frame.hidden = true;
    addEventListener("message", greet);
    setTimeout(() => { slow = !ready; label(); }, 8000);
  }

  function greet(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return;
    if (event.data !== "brigade:hello") return;
    const channel = new MessageChannel();
    port?.close();
    port = channel.port1;
    port.onmessage = ({ data }) => heard[data.type]?.(data);
    const traversed = performance.getEntriesByType("navigation")[0]?.type === "back_forward" && !used;
    frame.contentWindow.postMessage(
      { type: "init", entry, language, context, text: draft, restored: traversed, shown: Boolean(opened) }, base.origin, [channel.port2]);
  }

  const heard = {
    ready() {
      ready = true;
      wait.hidden = true;
      frame.hidden = false;
      if (opened && used) focusFrame();
    },
    close: () => close(),
    gone: () => go(),
    started() { started = true; remember(opened ? "open" : "min"); label(); },
    ended() { started = false; remember(null); label(); },
    unread({ count }) { unread = Number(count) || 0; label(); },
    language({ code }) { language = pick([code, language]); label(); },
  };

  function focusFrame() {
    frame.focus();
    port?.postMessage({ type: "focus" });
  }

  function fullScreen(on) {
    panel.classList.toggle("full", on);
    panel.setAttribute("role", on ? "dialog" : "region");
    if (on) panel.setAttribute("aria-modal", "true");
    else panel.removeAttribute("aria-modal");
    launcher.parentNode.hidden = on;
    inerted.forEach((other) => { other.inert = false; });
    inerted = on ? [...document.body.children].filter((other) => other !== main.host && !other.inert) : [];
    inerted.forEach((other) => { other.inert = true; });
    document.documentElement.style.overflow = on ? "hidden" : "";
    fit();
  }

  /** On phones the keyboard covers the page without resizing it: the panel follows what can be seen. */
  function fit() {
    const view = window.visualViewport;
    const full = opened && small.matches && view;
    panel.style.height = full ? `${view.height}px` : "";
    panel.style.top = full ? `${view.offsetTop}px` : "";
  }

  /** @param {{context?: {text?: string}}} [options] a text to put, unsent, in the citizen's message field */
  function open(options) {
    used = true;
    draft = options?.context?.text?.toString();
    show();
    if (ready) focusFrame();
    else waitExit.focus();
  }

  function show() {
    opened = true;
    unread = 0;
    panel.hidden = false;
    mount();
    launcher.setAttribute("aria-expanded", "true");
    if (started) remember("open");
    fullScreen(small.matches);
    label();
    port?.postMessage({ type: "shown", shown: true, text: draft });
  }

  function close() {
    if (!opened) return;
    opened = false;
    panel.hidden = true;
    launcher.setAttribute("aria-expanded", "false");
    if (started) remember("min");
    fullScreen(false);
    label();
    port?.postMessage({ type: "shown", shown: false });
    launcher.focus();
  }

  function hide() {
    left = true;
    document.documentElement.style.setProperty("display", "none", "important");
    document.title = "…";
    remember(null);
  }

  function go() {
    hide();
    location.replace(exitAddress);
  }

  /** Quick exit: hide at once, let the frame empty itself and end the session (it answers "gone"), then go. */
  function exit() {
    if (left) return;
    hide();
    port?.postMessage({ type: "exit" });
    setTimeout(go, port ? 80 : 0);
  }

  /** Shift three times within five seconds, each alone: capitals and Shift+Enter never count. */
  function watchShift() {
    let alone = false, presses = [];
    const other = () => { alone = false; presses = []; };
    addEventListener("pointerdown", other, true);
    addEventListener("keydown", ({ key, repeat, ctrlKey, altKey, metaKey }) => {
      if (key !== "Shift" || ctrlKey || altKey || metaKey) other();
      else alone ||= !repeat;
    }, true);
    addEventListener("keyup", (event) => {
      if (event.key !== "Shift" || !alone) return;
      presses = [...presses, event.timeStamp].filter((time) => event.timeStamp - time < 5000);
      if (presses.length >= 3 && (sensitive || started || opened)) exit();
    }, true);
  }

  /** WCAG 2.4.11: what has the focus in the host page is never wholly under our button or panel. */
  function uncover(event) {
    if (event.target === main.host || !(event.target instanceof Element) || small.matches && opened) return;
    const ours = opened ? panel : launcher.parentNode;
    const hidden = () => {
      const a = event.target.getBoundingClientRect(), b = ours.getBoundingClientRect();
      return a.width && a.left >= b.left - 2 && a.right <= b.right + 2 && a.top >= b.top - 2 && a.bottom <= b.bottom + 2;
    };
    if (!hidden()) return;
    event.target.scrollIntoView({ block: "center" });
    if (hidden()) main.box.classList.toggle("left");
  }

  addEventListener("focusin", uncover);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (left) go();
    else port?.postMessage({ type: "restored" });
  });
  small.addEventListener("change", () => { if (opened) fullScreen(small.matches); });
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  main.root.addEventListener("keydown", (event) => { if (event.key === "Escape" && opened) close(); });
  watchShift();

  function start() {
    if (sensitive && exits !== "page") document.body.prepend(top.host);
    document.body.append(main.host);
    started = Boolean(remembered());
    label();
    if (remembered() === "open") show();
    else if (remembered() === "min") mount();
  }

  window.brigade = Object.freeze({ open, close, exit });
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
