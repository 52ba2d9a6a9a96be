/** Covers an idle screen. A warning comes one minute before; any key, touch or movement extends, as often as wanted. */
import { $, tell } from "./dom.js";
import { t } from "./texts.js";

const WARNING = 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"];

export class Idle {
  /** `onCover()` when nobody has been there for `minutes`. */
  constructor(minutes, onCover) {
    Object.assign(this, { limit: Math.max(minutes * 60_000, 2 * WARNING), onCover, last: 0 });
    this.sign = () => this.extend();
    this.seen = () => { if (!document.hidden) this.#check(); };
  }

  start() {
    this.stop();
    for (const sign of SIGNS) addEventListener(sign, this.sign, { passive: true, capture: true });
    document.addEventListener("visibilitychange", this.seen);
    this.extend();
  }

  stop() {
    for (const sign of SIGNS) removeEventListener(sign, this.sign, { capture: true });
    document.removeEventListener("visibilitychange", this.seen);
    clearTimeout(this.timer);
    tell($("idle-text"), "");
    $("idle").hidden = true;
  }

  extend() {
    if (Date.now() - this.last < 1000 && $("idle").hidden) return;
    this.last = Date.now();
    tell($("idle-text"), "");
    $("idle").hidden = true;
    this.#arm();
  }

  #arm() {
    clearTimeout(this.timer);
    const passed = Date.now() - this.last;
    const next = passed < this.limit - WARNING ? this.limit - WARNING - passed : this.limit - passed;
    this.timer = setTimeout(() => this.#check(), Math.max(0, next));
  }

  /** Timers sleep with the computer: the time that really passed decides. */
  #check() {
    const passed = Date.now() - this.last;
    if (passed >= this.limit) {
      this.stop();
      this.onCover();
      return;
    }
    if (passed >= this.limit - WARNING) {
      $("idle").hidden = false;
      tell($("idle-text"), t("idle"));
    }
    this.#arm();
  }
}
