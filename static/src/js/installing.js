// The portal on a telephone's home screen: its service worker, and the page that it shows without a connection.
import { moment, words } from "./page.js";

const LAST = "tierdesk:last";
const person = document.documentElement.dataset.person;

export function startInstalling() {
  const page = document.querySelector("[data-offline-page]");
  if (page) return startOffline(page);
  remember();
  if (!("serviceWorker" in navigator)) return;
  // After everything that the page itself needs.
  const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 2000));
  if (document.readyState === "complete") later(workerAsWanted);
  else window.addEventListener("load", () => later(workerAsWanted));
}

/** Whose draft the page without a connection may show: of who is logged in, and nobody's after a logout. */
function remember() {
  try {
    if (person) localStorage.setItem(LAST, person);
    else localStorage.removeItem(LAST);
  } catch {
    // A browser that keeps nothing shows no draft either.
  }
}

/** Where an administrator has switched it off, what was there before goes with all that it kept. */
async function workerAsWanted() {
  try {
    if (document.querySelector('link[rel="manifest"]')) {
      await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
      return;
    }
    const mine = await navigator.serviceWorker.getRegistrations();
    await Promise.all(mine.map((one) => one.unregister()));
    for (const name of await caches.keys()) if (name.startsWith("tierdesk-")) await caches.delete(name);
  } catch {
    // Private windows of some browsers: the portal works without.
  }
}

/** The page in place of one that could not be reached: one can write all the same, into the draft of a new request. */
function startOffline(page) {
  const form = page.querySelector("form");
  const state = page.querySelector("[data-offline-state]");
  const back = new URLSearchParams(location.search).get("back");
  const again = page.querySelector("[data-offline-again]");
  again.addEventListener("click", () => (back?.startsWith("/") ? location.replace(location.origin + back) : location.reload()));
  const tell = () => (state.textContent = words(navigator.onLine ? "backOnline" : "stillOffline"));
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  const owner = localStorage.getItem(LAST);
  if (!owner) return form.remove();
  const key = `tierdesk:draft:${owner}:new-request`;
  const kept = JSON.parse(localStorage.getItem(key) ?? "null");
  for (const name of ["subject", "description"]) form.elements[name].value = kept?.fields[name]?.[0] ?? "";
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const known = JSON.parse(localStorage.getItem(key) ?? "null")?.fields ?? {};
    const fields = { ...known, subject: [form.elements.subject.value], description: [form.elements.description.value] };
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    const time = moment(new Date(), { timeStyle: "short" });
    form.querySelector("[data-draft-status]").textContent = words("draftSaved", { time });
  });
}
