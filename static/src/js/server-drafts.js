// A draft is kept by the server too, where its form names an address: for another machine, and for a browser that forgets.
import { csrfToken, listenWhile } from "./page.js";

const PAUSE = 4000;

/** A function that takes what is in the form now (null: nothing worth keeping) and sends it every few seconds. */
export function serverDraft(form) {
  const { draftUrl, draft } = form.dataset;
  if (!draftUrl) return () => {};
  let timer = 0;
  let latest = null;
  const send = () => {
    timer = 0;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    // With the key of the form: what arrives after it was sent is no draft.
    const key = form.elements.submission?.value;
    const fields = latest && key ? { ...latest, "submission of this draft": [key] } : (latest ?? {});
    const body = JSON.stringify({ place: draft, fields, at: Date.now() });
    // In silence: the browser has its own copy, and the next words try again. The last ones outlive the page.
    fetch(draftUrl, { method: "POST", headers, body, keepalive: body.length < 60_000 }).catch(() => {});
  };
  listenWhile(form, document, "visibilitychange", () => {
    if (document.visibilityState !== "hidden" || !timer || !form.isConnected) return;
    clearTimeout(timer);
    send();
  });
  // What is sent is no draft any more.
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
  };
  form.addEventListener("submit", stop);
  // Another form may end it as well: an article that has helped.
  listenWhile(form, document, "submit", ({ target }) => target.dataset.endsDraft === draft && stop());
  return (fields) => {
    latest = fields;
    timer ||= setTimeout(send, PAUSE);
  };
}

/** What the server has kept for a form that was not sent with its draft (data-draft-fetch), or null. */
export async function keptByServer(form) {
  const { draftUrl, draft, draftFetch } = form.dataset;
  if (!draftUrl || draftFetch === undefined) return null;
  try {
    const answer = await fetch(`${draftUrl}?place=${encodeURIComponent(draft)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return null;
    const { fields, at } = await answer.json();
    return fields && at ? { fields, at } : null;
  } catch {
    return null;
  }
}

/** Nobody wants it any more, on no machine. */
export function dropOnServer(form) {
  const { draftUrl, draft } = form.dataset;
  if (!draftUrl) return;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  fetch(draftUrl, { method: "POST", headers, body: JSON.stringify({ place: draft, fields: {}, at: Date.now() }) }).catch(() => {});
}
