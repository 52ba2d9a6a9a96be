/* Everything here is a comfort: each page is complete without it. It stores nothing and sets no cookie. */
(() => {
  "use strict";
  const sensitive = "sensitive" in document.body.dataset;

  /** The chat opens in this page, with what is being read as its context; without the widget the link leads to it. */
  for (const link of document.querySelectorAll("[data-chat]")) {
    link.addEventListener("click", (event) => {
      if (!window.brigade) return;
      event.preventDefault();
      window.brigade.open();
    });
  }

  for (const link of document.querySelectorAll("[data-print]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      window.print();
    });
  }

  /** Quick exit: hidden at once, then replaced, so that Back does not lead here. */
  let left = false;
  function leave() {
    if (left) return;
    left = true;
    if (window.brigade) return window.brigade.exit(); // it ends a conversation too, and goes to the same place
    document.documentElement.style.setProperty("display", "none", "important");
    document.title = "…";
    location.replace("/exit");
  }

  function watchShift() {
    let alone = false, presses = [];
    const other = () => { alone = false; presses = []; };
    addEventListener("pointerdown", other, true);
    addEventListener("keydown", ({ key, repeat, ctrlKey, altKey, metaKey }) => {
      if (key !== "Shift" || ctrlKey || altKey || metaKey) other();
      else alone ||= !repeat;
    }, true);
    addEventListener("keyup", ({ key, timeStamp }) => {
      if (key !== "Shift" || !alone) return;
      presses = [...presses, timeStamp].filter((time) => timeStamp - time < 5000);
      if (presses.length >= 3) leave();
    }, true);
  }

  if (sensitive) {
    document.getElementById("exit").addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
    watchShift();
    addEventListener("pageshow", (event) => { if (event.persisted && left) location.replace("/exit"); });
  }

  /** Suggestions while typing: the words travel in a body, never in an address. */
  const input = document.getElementById("q");
  const box = document.getElementById("instant");
  if (!input || !box || !window.fetch) return;
  const [status, list] = box.children;
  let timer = 0, running = null, last = "";

  function show(results) {
    const link = ({ title, href, lang }) => {
      const item = document.createElement("li");
      const anchor = document.createElement("a");
      anchor.href = href;
      anchor.lang = lang;
      anchor.textContent = title;
      item.append(anchor);
      return item;
    };
    list.replaceChildren(...results.map(link));
    const { countOne, countMany, none } = box.dataset;
    status.textContent = results.length > 1 ? countMany.replace("#", results.length) : results.length ? countOne : none;
    box.hidden = false;
  }

  async function ask() {
    const words = input.value.trim();
    if (words === last) return;
    last = words;
    running?.abort();
    if (words.length < 3) {
      box.hidden = true;
      return;
    }
    running = new AbortController();
    try {
      const answer = await fetch(input.dataset.suggest, { method: "POST", body: words, credentials: "omit", signal: running.signal });
      if (answer.ok) show((await answer.json()).results);
    } catch { /* offline, or other words since: Search works all the same */ }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden && box.parentNode.contains(document.activeElement)) {
      event.preventDefault(); // or a search field would empty itself
      box.hidden = true;
      input.focus();
    }
  });
})();
