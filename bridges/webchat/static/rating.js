/** The rating of an exchange that ended: a score, whether it helped, a few words; all of it can be skipped. */
import { $, h, tell } from "./dom.js";
import { scale } from "./prompts.js";
import { t } from "./texts.js";

function yesNo() {
  const choice = (value, text) => h("label", { class: "inline" }, h("input", { type: "radio", name: "resolved", value, autocomplete: "off" }), ` ${text}`);
  return h("fieldset", {}, h("legend", {}, t("resolved")), choice("yes", t("yes")), choice("no", t("no")));
}

function content(form) {
  const score = form.querySelector("input[name=score]:checked");
  const resolved = form.querySelector("input[name=resolved]:checked");
  return {
    score: score && Number(score.value),
    resolved: resolved ? resolved.value === "yes" : null,
    comment: form.querySelector("textarea").value.trim() || null,
  };
}

/** Asks; `send(rating)` → promise; `done(rated)` once sent or skipped. */
export function askRating(send, done) {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const submit = async (event) => {
    event.preventDefault();
    const rating = content(event.target);
    tell(error, rating.score === null ? t("choose_value") : "");
    if (rating.score === null) return;
    try {
      await send(rating);
      done(true);
    } catch {
      tell(error, t("rating_failed"));
    }
  };
  const comment = h("textarea", { id: "comment", rows: 2, maxlength: 2000, autocomplete: "off", spellcheck: "false" });
  $("rating").replaceChildren(h("form", { class: "rating", autocomplete: "off", onsubmit: submit },
    h("h2", { tabindex: -1 }, t("rate_title")),
    h("fieldset", {}, h("legend", {}, t("rate")), scale({ low: t("worst"), high: t("best") }, "score")), yesNo(),
    h("p", {}, h("label", { for: "comment" }, t("comment")), comment), error,
    h("p", { class: "row" }, h("button", { type: "submit", class: "main" }, t("rate_send")),
      h("button", { type: "button", onclick: () => done(false) }, t("rate_skip")))));
  $("rating").hidden = false;
}

export function hideRating() {
  $("rating").replaceChildren();
  $("rating").hidden = true;
}
