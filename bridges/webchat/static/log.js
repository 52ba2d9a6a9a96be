/** The transcript. What was said before this page was loaded goes above the live region, so that only news is announced. */
import { $, h, say } from "./dom.js";
import { Message } from "./message.js";
import { Prompt } from "./prompts.js";
import { t } from "./texts.js";

const NEAR = 80;

export class Log {
  /** `tools` = {numbers, openAttachment, answer(content, label), shown(seq)} */
  constructor(tools) {
    this.tools = tools;
    this.bySeq = new Map();
    this.byClient = new Map();
    this.prompts = new Map();
    this.unseen = 0;
    this.readUpTo = 0;
    this.scroller = $("scroller");
    $("more").onclick = () => this.toEnd();
    this.scroller.onscroll = () => { if (this.atEnd()) this.#caughtUp(); };
  }

  clear() {
    [this.bySeq, this.byClient, this.prompts].forEach((map) => map.clear());
    $("history").replaceChildren();
    $("log").replaceChildren();
    this.readUpTo = 0;
    this.#caughtUp();
  }

  /** The conversation so far, after a reload: nothing of it is announced. */
  load(events) {
    const past = h("div");
    events.forEach((event) => this.take(event, past));
    $("history").append(...past.childNodes);
    this.toEnd();
  }

  /** An event of the conversation; returns true when it is a new message from the other side. */
  take(event, place = $("log")) {
    if (event.type === "edit") this.bySeq.get(event.target)?.write(event.text, `(${t("edited")})`);
    else if (event.type === "delete") this.bySeq.get(event.target)?.erase();
    else if (event.type === "read") this.#read(event.up_to);
    else if (event.type === "message") return this.#message(event, place);
    if (place === $("log") && ["edit", "delete"].includes(event.type)) say(t(event.type === "edit" ? "edited_notice" : "deleted_notice"));
    return false;
  }

  /** A message of ours, before the server has it. */
  mine(item, text, attachment) {
    const message = new Message({ from: "me", text, attachment }, this.tools);
    this.byClient.set(item.client_id, message);
    $("log").append(message.element);
    this.toEnd();
    return message;
  }

  /** To the last message (and to the rating's first line, when it is asked). */
  toEnd() {
    const last = $("log").lastElementChild ?? $("history").lastElementChild;
    if (!$("rating").hidden && last) this.follow(last);
    else this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#caughtUp();
  }

  /** Brings an element into view from below, but never past its first line. */
  follow(element) {
    const view = this.scroller.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const down = box.bottom + 12 - view.bottom;
    if (down > 0) this.scroller.scrollTop += Math.min(down, box.top - 4 - view.top);
  }

  /** The question that is waiting for a written answer, if the last one asked is such a question. */
  openText() {
    return [...this.prompts.values()].reverse().find(({ prompt, answered }) => prompt.kind === "text" && !answered);
  }

  /** Whether the last message can be seen. */
  atEnd() {
    return $("log").getBoundingClientRect().bottom - this.scroller.getBoundingClientRect().bottom < NEAR;
  }

  #caughtUp() {
    this.unseen = 0;
    $("more").hidden = true;
  }

  #message(event, place) {
    const known = event.client_id && this.byClient.get(event.client_id);
    const message = known || new Message(event, this.tools);
    this.bySeq.set(event.seq, message);
    if (event.answer) this.prompts.get(event.answer.prompt)?.close(event.text);
    if (event.from === "me") return this.#ours(message, known, event, place);
    // The rating is asked by the form at the end of the transcript, with room for a comment.
    if (event.prompt && event.prompt.id !== "rating") this.#ask(event, message);
    const follow = this.atEnd();
    place.append(message.element);
    if (place !== $("log")) return false;
    if (follow) this.follow(message.element);
    else this.#more();
    return true;
  }

  #ours(message, known, event, place) {
    if (known) message.confirm(event);
    else place.append(message.element);
    message.stand(t(event.seq <= this.readUpTo ? "read" : "sent"));
    return false;
  }

  #ask(event, message) {
    const prompt = new Prompt(event.prompt, event.text, this.tools.answer);
    this.prompts.set(event.prompt.id, prompt);
    message.extra.append(prompt.element);
  }

  #more() {
    this.unseen += 1;
    $("more").textContent = t("more", { n: this.unseen });
    $("more").hidden = false;
  }

  #read(upTo) {
    this.readUpTo = Math.max(this.readUpTo, upTo);
    for (const [seq, message] of this.bySeq) if (message.mine && seq <= upTo) message.stand(t("read"));
  }
}
