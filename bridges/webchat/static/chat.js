/** One conversation on the page, from its first event to its end. */
import { $, newId, say, tell } from "./dom.js";
import { call, upload } from "./api.js";
import { Composer } from "./composer.js";
import { openAttachment, Picker } from "./files.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { history, Stream } from "./stream.js";
import { t } from "./texts.js";

const EPISODE = 30_000;

export class Chat {
  /** `about` = the entry point's {limits, emergency}; `on.closed()`, `on.dead()`, `on.news()` for a message from the other side. */
  constructor(about, on) {
    Object.assign(this, { about, on, session: null, lastShown: 0, lastRead: 0 });
    this.log = new Log({
      numbers: about.emergency,
      answer: (answer, label) => {
        this.#send({ client_id: newId(), answer }, label);
        $("text").focus();
      },
      openAttachment: (...all) => openAttachment(this.session, ...all),
    });
    this.picker = new Picker(about.limits);
    this.composer = new Composer(about.limits, this.picker, {
      send: (text, attachment) => this.#compose(text, attachment),
      typing: (typing) => this.#put("typing", { typing }).catch(() => {}),
    });
  }

  /** Follows `session`; `resumed`: after a reload, when what was already said comes back without being announced. */
  async open(session, resumed) {
    this.session = session;
    this.closed = false;
    this.status = null;
    this.outbox = new Outbox((item) => this.#deliver(item), { state: (...all) => this.#state(...all), dead: () => this.on.dead() });
    tell($("reference"), session.reference ? t("reference", { reference: session.reference }) : "");
    let since = 0;
    if (resumed) {
      const past = await history(session);
      if (this.session !== session) return;
      since = past.since;
      this.log.load(past.events);
      past.events.filter(({ type }) => type === "status").forEach((event) => this.#status(event, true));
      this.lastShown = since;
    }
    this.stream = new Stream(session, since, {
      event: (event) => this.#event(event),
      online: (online) => this.#online(online),
      dead: () => this.on.dead(),
    });
  }

  /** Stops everything and leaves an empty transcript. */
  stop() {
    this.stream?.stop();
    this.outbox?.stop();
    this.session = this.stream = null;
    clearTimeout(this.typingTimer);
    clearTimeout(this.offlineTimer);
    this.log.clear();
    this.composer.clear();
    if (this.picker.file) this.picker.take();
    ["offline", "place", "typing", "reference"].forEach((id) => tell($(id), ""));
  }

  /** The citizen can see the transcript again, or no longer. */
  visible(yes) {
    this.inView = yes;
    if (yes) this.#readSoon();
  }

  rate(rating) {
    return this.#put("rating", rating);
  }

  /** The interface speaks another language now. */
  relabel() {
    if (!this.session) return;
    tell($("reference"), t("reference", { reference: this.session.reference }));
    if (this.status) tell($("place"), this.#place(this.status));
  }

  #path(end) {
    return `/conversations/${this.session.id}/${end}`;
  }

  #put(end, body) {
    return call("PUT", this.#path(end), { token: this.session.token, body });
  }

  #compose(text, attachment) {
    const open = this.log.openText();
    if (text && open) {
      open.close("");
      this.#send({ client_id: newId(), answer: { prompt: open.prompt.id, value: text } }, text);
    } else if (text) {
      this.#send({ client_id: newId(), text }, text);
    }
    if (attachment) {
      const { file, description } = attachment;
      this.#send({ client_id: newId(), file, description }, "", { name: file.name, type: file.type, size: file.size, description });
    }
  }

  #send(item, text, attachment) {
    item.message = this.log.mine(item, text, attachment);
    item.again = () => this.outbox.add(item);
    this.outbox.add(item);
  }

  #deliver({ client_id: id, text, answer, file, description }) {
    if (!file) return call("POST", this.#path("messages"), { token: this.session.token, body: { client_id: id, text, answer } });
    const form = new FormData();
    form.append("client_id", id);
    if (description) form.append("description", description);
    form.append("file", file);
    let told = 0;
    return upload(this.#path("attachments"), this.session.token, form, (share) => {
      if (share < 1 && share - told < 0.25) return;
      told = share;
      say(t("uploading", { percent: Math.round(share * 100) }));
    });
  }

  #state(item, state, detail) {
    if (!this.session) return;
    if (state === "sent") this.stream?.expect(detail.seq);
    if (state !== "failed") item.message.stand(t(state));
    if (state === "sent") say(t(item.file ? "file_sent" : "sent"));
    if (state === "waiting") say(t("waiting"));
    if (state !== "failed") return;
    tell($("composer-error"), `${t("failed")} ${detail.detail}`);
    const settle = (act) => () => { tell($("composer-error"), ""); $("text").focus(); act(); };
    item.message.fail(t("failed"), { retry: settle(item.again), discard: settle(() => item.message.element.remove()) });
  }

  #event(event) {
    if (event.type === "status") this.#status(event);
    else if (event.type === "typing") this.#typing(event.typing);
    else if (this.log.take(event)) {
      this.#typing(false);
      this.toldTyping = 0;
      this.lastShown = event.seq;
      this.#readSoon();
      this.on.news();
    }
  }

  #readSoon() {
    clearTimeout(this.readTimer);
    this.readTimer = setTimeout(() => {
      if (!this.session || !this.inView || document.hidden || this.lastShown <= this.lastRead) return;
      this.lastRead = this.lastShown;
      this.#put("read", { seq: this.lastRead }).catch(() => { this.lastRead = 0; });
    }, 400);
  }

  #place({ state, position, wait_minutes: minutes }) {
    if (state !== "waiting" && state !== "received") return t(`state_${state}`);
    const parts = [t(position ? "state_position" : `state_${state}`, { position })];
    if (minutes != null) parts.push(t("state_minutes", { minutes }));
    return parts.join(" ");
  }

  #status(event, quiet = false) {
    if (!["received", "waiting", "in_progress", "handed_over", "closed"].includes(event.state)) return;
    // A place in the queue (not numbered) may come late: it says nothing once a gendarme is there.
    if (event.seq === undefined && this.status && !["received", "waiting"].includes(this.status.state)) return;
    const text = this.#place(event);
    if (this.status && this.#place(this.status) !== text && !quiet) say(text);
    this.status = event;
    tell($("place"), text);
    const closed = event.state === "closed";
    if (closed !== this.closed) this.on.closed((this.closed = closed));
  }

  /** Shown as long as it lasts, announced once an episode. */
  #typing(typing) {
    clearTimeout(this.typingTimer);
    const follow = this.log.atEnd();
    tell($("typing"), typing ? t("typing") : "");
    if (!typing) return;
    if (follow) this.log.toEnd();
    this.typingTimer = setTimeout(() => this.#typing(false), EPISODE);
    if (Date.now() - (this.toldTyping || 0) > EPISODE) say(t("typing"));
    this.toldTyping = Date.now();
  }

  #online(online) {
    clearTimeout(this.offlineTimer);
    if (online) {
      if (!$("offline").hidden) say(t("online"));
      tell($("offline"), "");
    } else if ($("offline").hidden) {
      this.offlineTimer = setTimeout(() => tell($("offline"), t("offline")), 1500);
    }
  }
}
