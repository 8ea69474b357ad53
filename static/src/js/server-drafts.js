// A draft is kept by the server too, where its form names an address: for another machine, and for a browser that forgets.
import { csrfToken } from "./page.js";

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
    const body = JSON.stringify({ place: draft, fields: latest ?? {}, at: Date.now() });
    // In silence: the browser has its own copy, and the next words try again.
    fetch(draftUrl, { method: "POST", headers, body }).catch(() => {});
  };
  // What is sent is no draft any more.
  form.addEventListener("submit", () => clearTimeout(timer));
  // Another form may end it as well: an article that has helped.
  document.addEventListener("submit", ({ target }) => target.dataset.endsDraft === draft && clearTimeout(timer));
  return (fields) => {
    latest = fields;
    timer ||= setTimeout(send, PAUSE);
  };
}
