/** Quick exit. First hide, then forget, then tell the server; nothing waits for the network. */
import { $ } from "./dom.js";
import { wipe } from "./session.js";

const WINDOW = 5_000;
const others = "BroadcastChannel" in window ? new BroadcastChannel("exit") : null;

export class Exit {
  /** `end()` kills the session on the server without waiting; `go()` takes the host page away. */
  constructor(end, go) {
    Object.assign(this, { end, go, left: false });
    if (others) others.onmessage = () => this.leave(false);
    for (const id of ["exit", "exit-first"]) {
      $(id).onclick = (event) => {
        event.preventDefault();
        this.leave();
      };
    }
    $("exit").onkeydown = (event) => { if (event.key === " ") $("exit").click(); };
    this.#watchShift();
  }

  /** `tell`: also empty the chat in this browser's other tabs. */
  leave(tell = true) {
    if (this.left) return;
    this.left = true;
    document.documentElement.hidden = true;
    document.body.replaceChildren();
    wipe();
    this.end();
    if (tell) others?.postMessage("exit");
    this.go();
  }

  /** Shift three times within five seconds, each alone: writing capitals or Shift+Enter never counts. */
  #watchShift() {
    let alone = false;
    let presses = [];
    const other = () => {
      alone = false;
      presses = [];
    };
    addEventListener("pointerdown", other, true);
    addEventListener("keydown", ({ key, repeat, ctrlKey, altKey, metaKey }) => {
      if (key !== "Shift" || ctrlKey || altKey || metaKey) other();
      else alone ||= !repeat;
    }, true);
    addEventListener("keyup", ({ key, timeStamp }) => {
      if (key !== "Shift" || !alone) return;
      presses = [...presses.filter((time) => timeStamp - time < WINDOW), timeStamp];
      if (presses.length >= 3) this.leave();
    }, true);
  }
}
