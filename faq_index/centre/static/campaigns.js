/* Prevention messages on a partner's page, in one line, where the line stands:
 *   <script src="https://…/campaigns.js" data-language="fr" defer></script>
 * Nothing is stored, no cookie is set; without a campaign nothing is shown. It needs script-src and connect-src for
 * our origin, and no more, under a Content-Security-Policy. */
(async () => {
  "use strict";
  const script = document.currentScript;
  const address = new URL("campaigns.json", script.src);
  address.search = new URLSearchParams({ site: "partners", lang: (script.dataset.language || document.documentElement.lang || "fr").slice(0, 2) });
  const css = `:host{all:initial;display:block}*{box-sizing:border-box;font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
aside{padding:.75rem 1rem;border:1px solid #6b7386;border-left:4px solid #1d3b72;border-radius:8px;background:#f2f4f9;color:#1b2233;margin-block:.5rem}
p{margin:0}strong{font-weight:700}a{color:#1d3b72}a:focus-visible{outline:3px solid #0b4fd8;outline-offset:2px}
@media (prefers-color-scheme:dark){aside{background:#1f2635;color:#e9edf5;border-color:#8791a6}a{color:#a9c4ff}a:focus-visible{outline-color:#ffd54a}}`;
  let found = [];
  try {
    const answer = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" });
    found = answer.ok ? (await answer.json()).campaigns : [];
  } catch { /* away: the page goes on without */ }
  if (!found.length) return;
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  for (const { title, text, language, link } of found) {
    const box = document.createElement("aside");
    box.lang = language;
    box.setAttribute("aria-label", title);
    const line = document.createElement("p");
    const name = document.createElement("strong");
    name.textContent = title;
    line.append(name, ` ${text} `);
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.url;
      anchor.textContent = link.text;
      anchor.rel = "noreferrer";
      line.append(anchor);
    }
    box.append(line);
    root.append(box);
  }
  script.after(host);
})();
