/** The chat's frame: which view is on the page, and who speaks to whom. */
import { $, h, tell } from "./dom.js";
import { call } from "./api.js";
import { Chat } from "./chat.js";
import { Exit } from "./exit.js";
import { leaveHost, meetHost, toHost } from "./host.js";
import { Idle } from "./idle.js";
import { askRating, hideRating } from "./rating.js";
import { broughtKey, forget, keep, recall } from "./session.js";
import { startForm } from "./start.js";
import { speak, t } from "./texts.js";

const VIEWS = ["down", "start", "chat", "cover", "done", "advice", "finishing"];
const DEFAULT_ENTRY = "gendarmerie";
let entry, about, chat, idle, session;
let brought = null;
let view = "", before = "", shown = true, unread = 0;

/** Shows one view and hides the others from the eye and from the accessibility tree. */
function show(name) {
  view = name;
  for (const each of VIEWS) $(each).hidden = each !== name;
  document.documentElement.dataset.view = name;
  $("safety").hidden = ["advice", "cover"].includes(name);
  chat?.visible(shown && name === "chat");
}

function focusView() {
  if (!shown) return;
  const chatting = $("composer").hidden ? $("scroller") : $("text");
  const first = { start: $("welcome"), chat: chatting, cover: $("resume"), done: $("done-title"), down: $("again") };
  (first[view] ?? $(`${view}-title`)).focus();
}

/** A page to read or a question to answer, instead of the present view: nothing modal, so the exit stays at hand. */
function turnTo(name) {
  if (view === name) return;
  before = view;
  show(name);
  focusView();
}

function turnBack() {
  show(before);
  if (before === "chat") chat.log.toEnd();
  focusView();
}

function numbers(list) {
  const item = (n) => h("li", {}, h("a", { href: n.href }, h("b", {}, n.number), " ", h("span", {}, n.label)));
  $("numbers").replaceChildren(...list.map(item));
}

/** A message of prevention, before the conversation begins. */
function prevention(campaign) {
  $("campaign").hidden = !campaign;
  if (!campaign) return;
  const { title, text, language, link } = campaign;
  const away = link && h("a", { href: link.url, target: "_blank", rel: "noreferrer" }, `${link.text} (${t("new_window")})`);
  $("campaign").lang = language;
  $("campaign").replaceChildren(h("p", {}, h("strong", {}, title), ` ${text} `, away));
}

/** Takes an entry point's texts and limits, in one language. */
async function load(language) {
  about = await call("GET", `/entry-points/${encodeURIComponent(entry)}?lang=${language}`);
  speak(about.language, about.texts);
  $("title").textContent = about.title;
  $("welcome").textContent = about.welcome;
  $("safety-note").hidden = !about.sensitive;
  numbers(about.emergency);
  prevention(about.campaign);
  const option = ({ code, name }) => h("option", { value: code, lang: code, selected: code === about.language }, name);
  $("language").replaceChildren(...about.languages.map(option));
  toHost("language", { code: about.language });
  chat?.relabel();
}

async function wait() {
  const { open, wait_minutes: minutes } = await call("GET", "/status").catch(() => ({}));
  if (open === undefined) return;
  const parts = [t(open ? "open_now" : "closed_now"), open && minutes != null && t("state_minutes", { minutes })];
  tell($("queue"), parts.filter(Boolean).join(" "));
}

function begin(started) {
  session = { ...started, entry, sensitive: about.sensitive };
  keep(session);
  toHost("started");
  follow(false);
}

/** Shows the conversation of `session`. */
async function follow(resumed) {
  idle.start();
  show("chat");
  compose(true);
  focusView();
  await chat.open(session, resumed).catch((error) => (error.status ? lost() : down()));
}

function compose(possible) {
  $("composer").hidden = !possible;
  $("ended").hidden = possible;
}

/** The gendarme closed the conversation (or opened it again). */
function closed(isClosed) {
  compose(!isClosed);
  hideRating();
  if (isClosed) rate();
}

function rate() {
  const follow = chat.log.atEnd();
  compose(false);
  tell($("thanks"), "");
  askRating((rating) => chat.rate(rating), (rated) => {
    hideRating();
    tell($("thanks"), rated ? t("thanks") : "");
    $("erase-ended").focus();
  });
  if (follow) chat.log.follow($("rating"));
}

function stop() {
  idle.stop();
  forget();
  chat.stop();
  hideRating();
  toHost("ended");
}

/** The token opens nothing any more. */
function lost() {
  stop();
  session = null;
  finished("lost_title", "lost");
}

function finished(title, text) {
  $("done-title").dataset.t = title;
  $("done-text").dataset.t = text;
  $("done-title").textContent = t(title);
  $("done-text").textContent = t(text);
  tell($("done-state"), "");
  show("done");
  focusView();
}

function down() {
  show("down");
}

/** Tells the server that the citizen leaves; tries again while the page lives, since the words are already gone from it. */
async function erase(dead, tries = 0) {
  if (!dead) return;
  try {
    await call("DELETE", `/conversations/${dead.id}`, { token: dead.token, keepalive: true });
    tell($("done-state"), t("erased_server"));
  } catch (error) {
    if (error.status && !error.passing) return;
    tell($("done-state"), t("erased_later"));
    setTimeout(() => erase(dead, tries + 1), Math.min(30_000, 1000 * 2 ** tries));
  }
}

function finishAndErase() {
  const dead = session;
  session = null;
  stop();
  finished("erased_title", "erased");
  erase(dead);
}

function cover() {
  show("cover");
  focusView();
}

function uncover() {
  show("chat");
  idle.start();
  focusView();
}

/** The page came back from the browser's memory (Back, reopened tab): nothing of a sensitive exchange may show. */
function restored() {
  if (!session) return;
  if (session.sensitive) {
    const dead = session;
    session = null;
    stop();
    show("start");
    erase(dead);
  } else if (view !== "cover") {
    idle.stop();
    cover();
  }
}

const exit = new Exit(() => {
  if (!session) return;
  const { id, token } = session;
  call("DELETE", `/conversations/${id}`, { token, keepalive: true, headers: { "X-Exit": "quick" } }).catch(() => {});
  chat.stream?.stop();
}, leaveHost);

function news() {
  if (shown || about.sensitive) return;
  unread += 1;
  toHost("unread", { count: unread });
}

const fromHost = {
  focus: focusView,
  exit: () => exit.leave(),
  restored,
  shown({ shown: now, text }) {
    shown = now;
    unread = 0;
    chat?.visible(shown && view === "chat");
    chat?.composer.suggest(text);
  },
};

function controls() {
  $("close").hidden = window.parent === window;
  $("close").onclick = () => toHost("close");
  $("resume").onclick = uncover;
  $("restart").onclick = () => { show("start"); focusView(); };
  $("restart-ended").onclick = () => { session = null; stop(); show("start"); focusView(); };
  $("safety").onclick = $("safety-more").onclick = () => turnTo("advice");
  $("advice-close").onclick = $("finish-no").onclick = turnBack;
  $("finish").onclick = () => turnTo("finishing");
  $("erase-ended").onclick = $("finish-yes").onclick = finishAndErase;
  $("finish-rate").onclick = () => { turnBack(); rate(); $("rating").querySelector("h2").focus(); };
  $("keep-on").onclick = () => idle.extend();
  $("language").onchange = () => load($("language").value).catch(() => {});
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (["advice", "finishing"].includes(view)) turnBack();
    else toHost("close");
  });
  addEventListener("pageshow", (event) => { if (event.persisted) restored(); });
}

/** Goes on with a conversation that began on another channel; the key of its link works once. */
async function takeOver(host) {
  try {
    const taken = await call("POST", `/conversations/${brought.id}/continue`, { token: brought.token });
    brought = null;
    begin(taken);
  } catch (error) {
    $("again").onclick = () => boot(host);
    if (!error.status || error.passing) return down();
    brought = null;
    lost();
  }
}

async function boot(host) {
  entry = host.entry || DEFAULT_ENTRY;
  shown = host.shown;
  try {
    await load(host.language).catch((error) => {
      if (error.status !== 404 || entry === DEFAULT_ENTRY) throw error;
      entry = DEFAULT_ENTRY; // a mistyped data-entry-point must not leave a citizen without a chat
      return load(host.language);
    });
  } catch {
    $("again").onclick = () => boot(host);
    down();
    toHost("ready");
    return;
  }
  idle = new Idle(about.inactivity_minutes, cover);
  chat = new Chat(about, { closed, dead: lost, news });
  chat.composer.suggest(host.text);
  startForm(entry, host.context, begin);
  brought ??= broughtKey();
  if (brought) {
    await takeOver(host);
    return;
  }
  session = recall(about.inactivity_minutes);
  if (session) {
    toHost("started");
    await follow(true);
    if (host.restored) restored();
  } else {
    toHost("ended");
    show("start");
    wait();
  }
  toHost("ready");
}

controls();
boot(await meetHost(fromHost));
