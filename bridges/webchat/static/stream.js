/** The conversation's events, in order, each once: a WebSocket that comes back by itself, or plain requests where a proxy forbids it. */
import { call, streamAddress } from "./api.js";

const LONGEST = 30_000;
const POLL = 4_000;

export class Stream {
  /** `on.event(event)`, `on.online(bool)`, `on.dead()` when the token no longer opens anything. */
  constructor({ id, token }, since, on) {
    Object.assign(this, { id, token, since, on, tries: 0, refused: 0, timer: 0, socket: null, stopped: false });
    this.wake = () => this.#retryNow();
    this.seen = () => this.#backInView();
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.seen);
    this.#connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.doubt);
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.seen);
    this.#drop();
  }

  /** A message of ours got number `seq`: if it does not come back soon, the socket is dead without knowing. */
  expect(seq) {
    clearTimeout(this.doubt);
    this.doubt = setTimeout(() => { if (this.since < seq) this.#retryNow(); }, 5_000);
  }

  #drop() {
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  #retryNow() {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.tries = 0;
    this.#connect();
  }

  #backInView() {
    if (document.hidden) this.hiddenAt = Date.now();
    else if (Date.now() - this.hiddenAt > LONGEST) this.#retryNow();
  }

  #connect() {
    this.#drop();
    let opened = false;
    const socket = (this.socket = new WebSocket(streamAddress(this.id, this.since)));
    socket.onopen = () => {
      opened = true;
      this.refused = 0;
      socket.send(JSON.stringify({ token: this.token }));
      this.on.online(true);
    };
    socket.onmessage = ({ data }) => {
      this.tries = 0;
      this.#take(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      this.socket = null;
      if (code === 4401) return this.on.dead();
      if (!opened) this.refused += 1;
      return this.refused >= 3 ? this.#poll() : this.#later();
    };
  }

  #later() {
    this.on.online(false);
    const delay = Math.min(LONGEST, 500 * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.#connect(), delay);
  }

  /** Three sockets in a row were refused: ask for events instead, and try a socket again from time to time. */
  async #poll() {
    try {
      const { events } = await call("GET", `/conversations/${this.id}/events?since=${this.since}`, { token: this.token });
      if (this.stopped) return;
      this.on.online(true);
      events.forEach((event) => this.#take(event));
      this.tries += 1;
      this.timer = setTimeout(() => (this.tries % 15 ? this.#poll() : this.#connect()), POLL);
    } catch (error) {
      if (this.stopped) return;
      if ([401, 404, 410].includes(error.status)) this.on.dead();
      else this.#later();
    }
  }

  #take(event) {
    if (event.seq !== undefined) {
      if (event.seq <= this.since) return;
      this.since = event.seq;
    }
    this.on.event(event);
  }
}

/** Everything that was said so far: {events, since}. */
export async function history({ id, token }) {
  const events = [];
  let since = 0;
  for (;;) {
    const page = await call("GET", `/conversations/${id}/events?since=${since}`, { token });
    events.push(...page.events);
    if (!page.events.length || page.next <= since) return { events, since };
    since = page.next;
  }
}
