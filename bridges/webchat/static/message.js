/** One message on the page: author, time, text and state, all of it as text. */
import { h } from "./dom.js";
import { clock, language, size, t } from "./texts.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'«»]+[^\s<>"'«».,;:!?)\]]/g;

/** The text with its web addresses as links; they leave the chat, so they open apart and say so. */
function withLinks(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const notice = h("span", { class: "hint" }, ` (${t("new_window")})`);
    const link = h("a", { href: match[0], target: "_blank", rel: "noopener noreferrer nofollow" }, match[0], notice);
    parts.push(text.slice(from, match.index), link);
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}

function author(event) {
  if (event.from === "me") return t("you");
  return event.alias || t(event.from === "assistant" ? "assistant" : "gendarme");
}

/** The numbers to call, large, for a message that warns of an emergency. */
function callNumbers(numbers) {
  const links = numbers.slice(0, 3).map((n) => h("li", {}, h("a", { href: n.href }, h("b", {}, n.number), ` ${n.label}`)));
  return h("ul", { class: "call" }, ...links);
}

export class Message {
  /** `event` as the API sends it; `tools` = {numbers, openAttachment(attachment, slot)}. */
  constructor(event, tools) {
    this.event = event;
    this.mine = event.from === "me";
    this.state = document.createTextNode("");
    this.when = h("time");
    this.text = h("p", { class: "text" });
    this.extra = h("div", { class: "extra" });
    const urgent = event.emergency === true;
    this.element = h("div", { class: `message ${event.from}${urgent ? " urgent" : ""}`, role: urgent && "alert" },
      h("p", { class: "by" }, h("span", { class: "who" }, author(event)), " ", this.when), this.text, this.extra,
      this.mine && h("p", { class: "state" }, this.state));
    this.#time(event.at ?? new Date().toISOString());
    this.write(event.attachment ? "" : event.text);
    if (event.lang && event.lang !== language) this.text.lang = event.lang;
    if (urgent) this.text.before(callNumbers(tools.numbers));
    if (event.attachment) this.#attach(event.attachment, tools);
    if (event.deleted) this.erase();
  }

  #time(at) {
    this.when.dateTime = at;
    this.when.textContent = clock(new Date(at));
  }

  write(text, note) {
    this.text.hidden = !text;
    this.text.replaceChildren(...(this.mine ? [text ?? ""] : withLinks(text ?? "")));
    if (note) this.text.append(h("span", { class: "hint" }, ` ${note}`));
  }

  erase() {
    this.extra.replaceChildren();
    this.text.removeAttribute("lang");
    this.write(t("deleted"));
    this.element.classList.add("deleted");
  }

  /** Where a message of ours stands. Only the characters change, so a live region has nothing new to announce. */
  stand(state) {
    if (this.mine) this.state.data = state;
    this.element.classList.remove("failed");
  }

  /** Not sent, for good: why, and what can be done. */
  fail(reason, { retry, discard }) {
    this.stand(reason);
    this.element.classList.add("failed");
    const close = (act) => () => { row.remove(); act(); };
    const row = h("p", { class: "row" }, h("button", { type: "button", onclick: close(retry) }, t("retry")),
      h("button", { type: "button", onclick: close(discard) }, t("discard")));
    this.extra.append(row);
  }

  /** The server's version of a message that we had put on the page ourselves. */
  confirm(event) {
    this.event = event;
    this.#time(event.at);
    if (!event.attachment && !event.answer) this.write(event.text);
  }

  #attach(file, { openAttachment }) {
    const image = file.type.startsWith("image/");
    const slot = h("div", { class: "slot" });
    const about = h("p", { class: "file" }, h("b", {}, file.name), h("span", { class: "hint" }, ` ${file.type.split("/")[1].toUpperCase()}, ${size(file.size)}`));
    const button = file.id && h("button", { type: "button", onclick: () => openAttachment(file, slot, button) }, t(image ? "show_image" : "save_file"));
    const description = file.description && h("p", {}, file.description);
    this.extra.append(about, ...[description, button, slot].filter(Boolean));
  }
}
