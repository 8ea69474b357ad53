// The page of a ticket that is open: new messages come at the end of the conversation, what stands around it is brought up to
// date where it stands. What somebody writes, and where they are, is left alone; they are told what has happened meanwhile.
import { make, words } from "../page.js";
import { patch } from "../patch.js";
import { afterActs, paced } from "./pace.js";

const SEEN_AFTER = 5_000;
const SHOWN = 5_000;
let news = { messages: 0, events: 0 };

export const ticketOf = () => document.querySelector("[data-live-ticket]");
const versionOf = (root) => Number(root.querySelector("[data-live-ticket] [data-version], [data-live-ticket][data-version]")?.dataset.version ?? 0);
const notes = () => document.querySelector("[data-live-notes]");
const composer = () => document.getElementById("composer");

export function scopesOfTicket() {
  const page = ticketOf();
  return page ? [`${page.dataset.liveAs}:${page.dataset.liveTicket}`] : [];
}

/** It is in this version now; 0 where something was told that makes no other version. */
export function ticketTold(version) {
  if (!version || version > versionOf(document)) look();
}

/** The live process knows this version; none, where one may not see it any more. */
export function ticketSeen(versions) {
  const known = versions[ticketOf().dataset.liveTicket];
  if (known === undefined) steadily(() => note("hidden", words("liveHidden")));
  else ticketTold(known);
}

/** `fetchPage()` gets the page once more: {title, main}. */
export function startTicket(fetchPage) {
  work = fetchPage;
}

let work = null;
const look = paced(lookNow, { wait: 250, gap: 800, busyGap: 2_000 });
export const ticketAgain = () => look();

async function lookNow() {
  await afterActs();
  const page = ticketOf();
  const here = location.href;
  const fetched = page && (await work().catch(() => null));
  if (!fetched || location.href !== here || ticketOf() !== page) return;
  bringUp(fetched.main);
}

function bringUp(fresh) {
  const main = document.getElementById("main");
  const items = () => [...main.querySelectorAll(".talk > [id], .talk > * > [id]")];
  const known = new Set(items().map((item) => item.id));
  const isWriting = composer() && isTouched(composer());
  let changes = 0;
  steadily(() => {
    changes = patch(main, fresh, isTouched);
    const added = items().filter((item) => !known.has(item.id) && known.size);
    show(added);
    if (isWriting && added.length) tellWriter(added, versionOf(fresh));
  });
  if (changes) document.body.dispatchEvent(new CustomEvent("tierdesk:page", { detail: { url: location.pathname + location.search, kind: "refresh", changes } }));
}

// What somebody has begun in it is not taken from them.
function isTouched(part) {
  if (part.contains(document.activeElement) && document.activeElement.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit], [type=button])")) return true;
  if (part.querySelector("details[data-menu][open]") || part.matches("details[open]")) return true;
  return [...part.querySelectorAll("textarea, select, input")].some(isChanged);
}

function isChanged(field) {
  if (field.name === "attachments") return true;
  if (field.type === "hidden" || field.type === "submit") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected) && [...field.options].some((option) => option.defaultSelected);
  return field.value !== field.defaultValue;
}

// Whoever writes stays where they write, whatever comes above.
function steadily(change) {
  const anchor = composer()?.contains(document.activeElement) ? document.activeElement : null;
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

// --- What is new ---

function show(added) {
  for (const item of added) {
    item.classList.add("is-new");
    setTimeout(() => item.classList.remove("is-new"), SHOWN);
  }
  const messages = added.filter((item) => item.matches(".msg:not(.leaving)"));
  const below = messages.filter((item) => item.getBoundingClientRect().top > innerHeight - 60);
  if (below.length) point(below);
}

let pointer = null;

function point(messages) {
  const all = [...(pointer?.messages ?? []), ...messages].filter((item) => item.isConnected);
  unpoint();
  const button = make("button", { type: "button", class: "btn primary live-pointer" }, words(all.length === 1 ? "liveMessage" : "liveMessages", { n: all.length }));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  button.addEventListener("click", () => {
    all[0].scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
    unpoint();
  });
  const watch = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && unpoint());
  all.forEach((item) => watch.observe(item));
  document.body.append(button);
  pointer = { button, watch, messages: all };
}

function unpoint() {
  pointer?.button.remove();
  pointer?.watch.disconnect();
  pointer = null;
}

/** Another page stands there. */
export function newTicket() {
  unpoint();
  news = { messages: 0, events: 0 };
}

// --- To who is writing ---

function tellWriter(added, version) {
  news.messages += added.filter((item) => item.matches(".msg:not(.leaving)")).length;
  news.events += added.filter((item) => item.matches(".ev")).length;
  const parts = [];
  if (news.messages) parts.push(words(news.messages === 1 ? "liveMessage" : "liveMessages", { n: news.messages }));
  if (news.events) parts.push(words(news.events === 1 ? "liveChange" : "liveChanges", { n: news.events }));
  const look = make("button", { type: "button", class: "btn small" }, words("liveLook"));
  look.addEventListener("click", () => added.find((item) => item.isConnected)?.scrollIntoView({ block: "center" }));
  const said = note("changed", words("liveMeanwhile", { what: parts.join(", ") }), look);
  // Until it was there to be read, sending asks first: the form still names the version that was read.
  const seen = () => {
    if (!said.isConnected) return;
    if (document.hidden) return setTimeout(seen, SEEN_AFTER);
    const field = composer()?.elements.version;
    if (field && Number(field.value) < version) field.value = version;
  };
  setTimeout(seen, SEEN_AFTER);
}

/** A note above where one writes; one of each name. */
function note(name, text, ...more) {
  const place = notes() ?? ticketOf();
  place.querySelector(`:scope > [data-note="${name}"]`)?.remove();
  const said = make("p", { class: "callout warn live-note", role: "status", "data-note": name }, make("span", { class: "grow" }, text), ...more);
  place.prepend(said);
  return said;
}

/** As note(), with what the server has written; nothing takes it away. */
export function putNote(name, element) {
  const old = notes()?.querySelector(`:scope > [data-note="${name}"]`);
  if (old?.textContent === element?.textContent) return;
  steadily(() => {
    old?.remove();
    if (element && notes()) {
      element.dataset.note = name;
      notes().append(element);
    }
  });
}

document.body.addEventListener("draftSaved", () => {
  notes()?.querySelector('[data-note="changed"]')?.remove();
  news = { messages: 0, events: 0 };
});
