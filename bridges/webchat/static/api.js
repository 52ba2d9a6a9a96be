/** The citizens' API: JSON over HTTP; the token goes in a header, never in an address. */

const BASE = "/api/v1";

/** The server said no: `status`, `title`, `detail` of its problem document, and how long to wait, in seconds. */
export class Problem extends Error {
  constructor(status, document, wait) {
    super(document.detail || document.title || `HTTP ${status}`);
    Object.assign(this, { status, detail: document.detail || document.title || "", wait });
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status >= 500 || [408, 425, 429].includes(this.status);
  }
}

async function problem(response) {
  const document = await response.json().catch(() => ({}));
  return new Problem(response.status, document, Number(response.headers.get("Retry-After")) || 0);
}

/** @returns the parsed answer, or null when it has no body. Throws Problem, or TypeError without a network. */
export async function call(method, path, { token, body, headers = {}, keepalive = false } = {}) {
  const json = body !== undefined;
  const response = await fetch(BASE + path, {
    method,
    keepalive,
    cache: "no-store",
    referrerPolicy: "no-referrer",
    headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(json && { "Content-Type": "application/json" }), ...headers },
    body: json ? JSON.stringify(body) : undefined,
  });
  if (!response.ok) throw await problem(response);
  return response.status === 204 ? null : response.json();
}

/** An attachment's bytes, as a Blob. */
export async function download(path, token) {
  const response = await fetch(BASE + path, { cache: "no-store", headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw await problem(response);
  return response.blob();
}

/** Sends a form with a file; fetch cannot tell how far an upload is, XMLHttpRequest can. `onProgress(0..1)`. */
export function upload(path, token, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", BASE + path);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = request.ontimeout = () => reject(new TypeError("network"));
    request.onload = () => {
      let document = {};
      try {
        document = JSON.parse(request.responseText);
      } catch { /* a proxy's own error page: the status says enough */ }
      if (request.status < 300) resolve(document);
      else reject(new Problem(request.status, document, Number(request.getResponseHeader("Retry-After")) || 0));
    };
    request.send(form);
  });
}

/** The address of a conversation's stream of events. */
export function streamAddress(id, since) {
  const address = new URL(`${BASE}/conversations/${id}/stream?since=${since}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}
