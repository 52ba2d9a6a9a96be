/** What this tab keeps so that a reload finds the conversation again: its key, never its words. */

const KEY = "session";
const BEAT = 15_000;
let current = null;
let timer = 0;

function write() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...current, seen: Date.now() }));
  } catch { /* the browser refuses storage: the conversation then lives as long as the page */ }
}

/** Keeps {id, token, reference, entry, sensitive}; from now on the moment of the last use is noted. */
export function keep(session) {
  current = session;
  write();
  clearInterval(timer);
  timer = setInterval(write, BEAT);
}

/** The conversation of this tab if it was in use within `minutes`; an older one is forgotten (a reopened tab). */
export function recall(minutes) {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY));
    if (found?.token && Date.now() - found.seen < minutes * 60_000) return found;
  } catch { /* refused, or not ours */ }
  forget();
  return null;
}

/** The one-time key of a link from another channel: {id, token}, or null. The address forgets it at once. */
export function broughtKey() {
  const [, id, token] = /^#([0-9a-f]{32})\.([\w-]{20,200})$/.exec(location.hash) ?? [];
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return id ? { id, token } : null;
}

export function forget() {
  clearInterval(timer);
  current = null;
  try {
    sessionStorage.removeItem(KEY);
  } catch { /* refused: nothing was kept either */ }
}

/** Empties everything our origin can keep in this browser. Each store may be refused: the others are emptied all the same. */
export function wipe() {
  forget();
  const steps = [
    () => sessionStorage.clear(),
    () => localStorage.clear(),
    () => document.cookie.split(";").forEach((pair) => {
      document.cookie = `${pair.split("=")[0].trim()}=; Max-Age=0; Path=/`;
    }),
    async () => (await indexedDB.databases()).forEach(({ name }) => indexedDB.deleteDatabase(name)),
    async () => (await caches.keys()).forEach((name) => caches.delete(name)),
    async () => (await navigator.serviceWorker.getRegistrations()).forEach((worker) => worker.unregister()),
  ];
  for (const step of steps) {
    try {
      step()?.catch?.(() => {});
    } catch { /* not available here */ }
  }
}
