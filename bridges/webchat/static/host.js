/** The page around the frame, reached through one private port; without it (the frame opened alone) we are our own host. */

let port = null;
const framed = window.parent !== window;

export function toHost(type, more = {}) {
  port?.postMessage({ type, ...more });
}

/** Takes the host page to the neutral address; if it does not answer, leaves from here. */
export function leaveHost() {
  toHost("gone");
  if (!framed) location.replace("/exit");
  else setTimeout(() => { window.top.location.replace(new URL("/exit", location.href)); }, 250);
}

/** Which embedder sent the event: the browser names it, and frame-ancestors has already refused the unwanted. */
function trusted({ source, origin }) {
  const parent = location.ancestorOrigins?.[0];
  return source === window.parent && /^https?:/.test(origin) && (!parent || parent === origin);
}

/**
 * Waits for the loader's "init" {entry, language, context, text, restored, shown}, once; later messages come by the port.
 * @param {Object<string, function>} on what to do at "shown", "focus", "exit" and "restored"
 */
export function meetHost(on) {
  const restored = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!framed) return Promise.resolve({ language: document.documentElement.lang, shown: true, restored });
  return new Promise((resolve) => {
    addEventListener("message", (event) => {
      if (port || !trusted(event) || event.data?.type !== "init" || !event.ports[0]) return;
      [port] = event.ports;
      port.onmessage = ({ data }) => on[data.type]?.(data);
      resolve(event.data);
    });
    window.parent.postMessage("brigade:hello", "*");
  });
}
