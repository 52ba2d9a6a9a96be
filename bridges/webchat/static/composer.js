/** The field in which the citizen writes. Nothing of it leaves the page before "send"; typing is told as yes or no. */
import { $, say, tell } from "./dom.js";
import { t } from "./texts.js";

const PAUSE = 4_000;

export class Composer {
  /** `on.send(text, attachment)`, `on.typing(bool)`; `picker` holds the chosen file. */
  constructor(limits, picker, on) {
    Object.assign(this, { limits, picker, on, typing: false, field: $("text") });
    $("composer").onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.field.oninput = () => this.#changed();
    this.field.onkeydown = (event) => this.#key(event);
  }

  /** Puts words in an empty field without sending them. */
  suggest(text) {
    if (text && !this.field.value) this.field.value = text;
  }

  clear() {
    this.field.value = "";
    this.#fit();
    this.#stopTyping();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (["PageUp", "PageDown"].includes(event.key) && !this.field.value) {
      event.preventDefault();
      const view = $("scroller");
      view.scrollBy({ top: (event.key === "PageUp" ? -0.9 : 0.9) * view.clientHeight });
    }
  }

  #submit() {
    const text = this.field.value.trim();
    if (text.length > this.limits.text_max) return this.#wrong(t("too_long", { n: text.length - this.limits.text_max }));
    const attachment = this.picker.take();
    if (!text && !attachment) return this.#wrong(t("empty"));
    this.#wrong("");
    this.clear();
    this.on.send(text, attachment);
    return this.field.focus();
  }

  #wrong(reason) {
    tell($("composer-error"), reason);
    this.field.setAttribute("aria-invalid", String(Boolean(reason)));
    if (reason) this.field.focus();
  }

  #changed() {
    this.#fit();
    if ($("composer-error").textContent) this.#wrong("");
    const left = this.limits.text_max - this.field.value.length;
    tell($("left"), left < this.limits.text_max / 5 ? t("left", { n: left }) : "");
    if (left < 0 && !this.over) say(t("too_long", { n: -left }));
    this.over = left < 0;
    if (!this.field.value) return this.#stopTyping();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.#stopTyping(), PAUSE);
    if (!this.typing) this.on.typing((this.typing = true));
    return undefined;
  }

  #stopTyping() {
    clearTimeout(this.pause);
    if (this.typing) this.on.typing((this.typing = false));
  }

  /** As many lines as the text needs, up to five. */
  #fit() {
    const lines = this.field.value.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 42), 0);
    this.field.rows = Math.min(5, Math.max(1, lines));
  }
}
