// Sends one file over a network that breaks off: in parts, each of which is tried again, from the byte that the server
// awaits. helpdesk/portal/parts.py is the other side. A small file goes in one piece, and is tried again as well.
import { csrfToken, words } from "./page.js";

const FIRST_PART = 256 * 1024;
const LARGEST_PART = 2 * 1024 * 1024;
const SMALLEST_PART = 64 * 1024;
const PAUSES = [1, 2, 4, 8, 15, 30];
/** So long a part may show no progress before its connection counts as dead. */
const SILENCE = 30_000;
/** After so many failures in a row with a connection that the browser believes in, a person decides. */
const MOST_FAILURES = 20;

/** Why the server does not want the file: trying again would not help. */
export class Unwanted extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/**
 * Resolves to {id, name, size, url}; rejects with Unwanted, or with an AbortError.
 *
 * `upload` is how the server calls what it has of the file already; `began(upload)` hears of a new one, `progress(share)`
 * how far it is, `waiting(isWaiting)` whether it waits for the connection.
 */
export async function sendFile(file, { url, upload = null, signal, began = () => {}, progress = () => {}, waiting = () => {} }) {
  const trier = new Trier(signal, waiting);
  // Files of articles have an address of their own, which takes them whole.
  const isWhole = !url.startsWith("/files/upload/") || (!upload && file.size <= FIRST_PART);
  if (isWhole) return trier.until(() => inOnePiece(url, file, signal, progress));
  const parts = url.replace("/files/upload/", "/files/parts/");
  const [path, query] = parts.split("?");
  const at = (id) => `${path}${id}/${query ? `?${query}` : ""}`;
  const begin = async () => {
    const { body } = await ask("POST", parts, JSON.stringify({ name: file.name || "screenshot.png", type: file.type, size: file.size }), { signal, type: "application/json" });
    began(body.id);
    return body.id;
  };
  let offset = 0;
  let size = FIRST_PART;
  let isSure = !upload;
  return trier.until(async () => {
    upload ??= await begin();
    if (!isSure) {
      const { status, body } = await ask("GET", at(upload), null, { signal, allowed: [404] });
      if (status === 404) {
        // Pruned meanwhile: from the beginning.
        [upload, offset] = [null, 0];
        return AGAIN;
      }
      if (body.id) return body;
      offset = body.offset;
      isSure = true;
    }
    const part = file.slice(offset, offset + size);
    const started = Date.now();
    isSure = false; // until its answer is here
    const { status, body } = await ask("PATCH", at(upload), part, {
      signal,
      allowed: [404, 409],
      type: "application/octet-stream",
      headers: { "Upload-Offset": offset },
      progress: (loaded) => progress((offset + loaded) / file.size),
    }).catch((lost) => {
      size = Math.max(SMALLEST_PART, size / 2);
      throw lost;
    });
    if (status === 404) return AGAIN;
    if (body.id) return body;
    [offset, isSure] = [body.offset, true];
    // As large as two seconds carry: little is lost at a break, and few questions are asked.
    size = Date.now() - started < 2000 ? Math.min(LARGEST_PART, size * 2) : Math.max(SMALLEST_PART, size / 2);
    return AGAIN;
  });
}

const AGAIN = Symbol("again");

/** Does something until it answers. Each failure waits longer; a connection that comes back is tried at once. */
class Trier {
  constructor(signal, waiting) {
    [this.signal, this.waiting, this.failures] = [signal, waiting, 0];
  }

  async until(act) {
    for (;;) {
      try {
        const answer = await act();
        this.failures = 0;
        this.waiting(false);
        if (answer !== AGAIN) return answer;
      } catch (error) {
        if (error instanceof Unwanted || error.name === "AbortError") throw error;
        this.failures += 1;
        if (this.failures > MOST_FAILURES && navigator.onLine) throw new Unwanted(words("uploadFailed"));
        this.waiting(true);
        await this.pause(PAUSES[Math.min(this.failures, PAUSES.length) - 1]);
      }
    }
  }

  pause(seconds) {
    return new Promise((done, refuse) => {
      const end = (act) => {
        clearTimeout(timer);
        window.removeEventListener("online", goOn);
        this.signal?.removeEventListener("abort", stop);
        act();
      };
      const goOn = () => end(done);
      const stop = () => end(() => refuse(new DOMException("taken back", "AbortError")));
      // Not all at the same moment, when a whole office has its network back.
      const timer = setTimeout(goOn, seconds * 1000 * (0.75 + Math.random() / 2));
      window.addEventListener("online", goOn);
      this.signal?.addEventListener("abort", stop);
    });
  }
}

async function inOnePiece(url, file, signal, progress) {
  const data = new FormData();
  data.append("file", file, file.name || "screenshot.png");
  const { body } = await ask("POST", url, data, { signal, progress: (loaded, total) => progress(loaded / (total || file.size || 1)) });
  return body;
}

/** {status, body} of an answer that is one of ours; else an error: Unwanted, or one that is worth another try. */
function ask(method, url, body, { signal, type, headers = {}, allowed = [], progress }) {
  return new Promise((done, refuse) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    if (type) request.setRequestHeader("Content-Type", type);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    let silence = 0;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE);
    };
    const lost = () => refuse(signal?.aborted ? new DOMException("taken back", "AbortError") : new Error("no connection"));
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      listen();
      progress?.(loaded, total);
    });
    // The last byte is gone; what the server does with it may take a while.
    request.upload.addEventListener("load", listen);
    request.addEventListener("loadend", () => clearTimeout(silence));
    request.addEventListener("error", lost);
    request.addEventListener("abort", lost);
    request.addEventListener("load", () => {
      const { status, response } = request;
      if ((status < 300 || allowed.includes(status)) && (response || status === 204)) return done({ status, body: response });
      // Too many, not now, or a proxy that speaks for a server which is down.
      if (status === 408 || status === 425 || (status === 429 && !response?.error) || status >= 500 || status < 300) return lost();
      refuse(new Unwanted(response?.error ?? words(status === 413 ? "tooBigPlain" : "uploadFailed"), status));
    });
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    listen();
    request.send(body);
  });
}
