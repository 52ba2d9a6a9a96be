/** Messages on their way: one at a time, in order, tried again until the server has them. The same client_id each time makes a retry harmless. */

const LONGEST = 30_000;

export class Outbox {
  /** `deliver(item)` → {seq}; `on.state(item, "sending" | "waiting" | "sent" | "failed", answerOrProblem)`; `on.dead()`. */
  constructor(deliver, on) {
    Object.assign(this, { deliver, on, queue: [], busy: false, tries: 0 });
    addEventListener("online", () => this.#again());
  }

  add(item) {
    this.queue.push(item);
    this.#run();
  }

  stop() {
    this.queue.length = 0;
    clearTimeout(this.timer);
  }

  #again() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.#run();
  }

  async #run() {
    if (this.busy || this.timer || !this.queue.length) return;
    this.busy = true;
    const item = this.queue[0];
    try {
      this.on.state(item, "sending");
      const answer = await this.deliver(item);
      this.#done(item, "sent", answer);
    } catch (error) {
      this.#missed(item, error);
    }
    this.busy = false;
    this.#run();
  }

  #done(item, state, detail) {
    this.tries = 0;
    if (this.queue[0] === item) this.queue.shift();
    this.on.state(item, state, detail);
  }

  #missed(item, error) {
    if ([401, 404, 410].includes(error.status)) return this.on.dead();
    if (error.status && !error.passing) return this.#done(item, "failed", error);
    const delay = error.wait ? error.wait * 1000 : Math.min(LONGEST, 500 * 2 ** this.tries);
    this.tries += 1;
    this.timer = setTimeout(() => this.#again(), delay);
    return this.on.state(item, "waiting", error);
  }
}
