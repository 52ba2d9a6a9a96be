/* The search block on an intranet page, in one line:
 *   <script src="https://…/intranet/block.js" data-height="640" defer></script> */
(() => {
  "use strict";
  const script = document.currentScript;
  const frame = document.createElement("iframe");
  frame.src = new URL("./", script.src).href;
  frame.title = "Recherche dans le centre d’aide";
  frame.allow = "clipboard-write";
  frame.referrerPolicy = "no-referrer";
  frame.width = "100%";
  frame.height = Number.parseInt(script.dataset.height, 10) || 640;
  frame.style.border = "0";
  script.after(frame);
})();
