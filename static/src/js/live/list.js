// A list of tickets that is open: rows that change are drawn anew where they stand, new ones are announced, and rows that
// have left stay, dimmed, with where they went. Nothing moves under the pointer.
import { htmx, make, words } from "../page.js";
import { read } from "../pages.js";
import { keepPlace } from "../place.js";
import { refresh } from "../visit.js";
import { paced } from "./pace.js";

const MOST = 60;
const told = new Set();
let fresh = new Set();

export const listOf = () => document.querySelector("[data-live-list]");
const rowsOf = () => [...document.querySelectorAll("#main [data-row][data-ticket]")];
const rowOf = (key) => document.querySelector(`#main [data-row][data-ticket="${key}"]`);

/** What this list has to hear of: where tickets come from, and each that it shows. */
export function scopesOfList() {
  const list = listOf();
  if (!list) return [];
  const as = list.dataset.liveAs;
  return [...list.dataset.liveScopes.split(" "), ...rowsOf().map((row) => `${as}:${row.dataset.ticket}`)];
}

/** Another list stands there. */
export function newList() {
  told.clear();
  fresh = new Set();
}

/** These tickets have changed, as far as this list does not show them so already. */
export function listTold(tickets) {
  for (const [key, version] of tickets) {
    const row = rowOf(key);
    if (!row || row.classList.contains("gone") || !version || Number(row.dataset.version) < version) told.add(key);
  }
  if (told.size) look();
}

/** The live process knows these versions; a row that it does not know of may not be seen any more. */
export function listSeen(versions) {
  const rows = rowsOf().filter((row) => !row.classList.contains("gone"));
  listTold(rows.filter((row) => (versions[row.dataset.ticket] ?? Infinity) > Number(row.dataset.version)).map((row) => [Number(row.dataset.ticket), 0]));
}

/** Nobody knows what was missed: the whole page is compared. */
export async function listAgain() {
  const list = listOf();
  const page = list && (await read(new URL(location.href), { ahead: true }).catch(() => null));
  if (!page || listOf() !== list) return;
  const theirs = new Map([...page.main.querySelectorAll("[data-row][data-ticket]")].map((row) => [row.dataset.ticket, row]));
  const missing = [];
  for (const row of rowsOf()) {
    const other = theirs.get(row.dataset.ticket);
    theirs.delete(row.dataset.ticket);
    if (!other) missing.push([Number(row.dataset.ticket), 0]);
    else if (other.dataset.version !== row.dataset.version) replace(row, other);
  }
  fresh = new Set([...theirs.keys()].map(Number));
  announce();
  if (missing.length) listTold(missing);
}

const look = paced(lookNow, { wait: 200, gap: 1_000, busyGap: 1_500 });

async function lookNow() {
  const list = listOf();
  if (!list) return told.clear();
  const keys = [...told].slice(0, MOST);
  keys.forEach((key) => told.delete(key));
  const url = new URL(list.dataset.liveList, location.href);
  url.search = location.search;
  for (const name of ["after", "before"]) url.searchParams.delete(name);
  url.searchParams.set("ids", keys);
  url.searchParams.set("shown", keys.filter(rowOf));
  for (const name of ["first", "last"]) if (list.dataset[name]) url.searchParams.set(name, list.dataset[name]);
  const response = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (listOf() !== list) return;
  // Asked for again together with the next that it is told of.
  if (!response?.ok) return keys.forEach((key) => told.add(key));
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const row of answer.querySelectorAll("[data-row]")) {
    const here = rowOf(row.dataset.ticket);
    if (here) replace(here, row);
  }
  for (const gone of answer.querySelectorAll("li[data-ticket]")) leave(rowOf(gone.dataset.ticket), gone.textContent);
  const added = answer.querySelector("[data-new]")?.dataset.new.split(",").filter(Boolean).map(Number) ?? [];
  keys.forEach((key) => fresh.delete(key));
  added.forEach((key) => fresh.add(key));
  announce();
  if (told.size) look();
}

function replace(old, other) {
  const row = document.importNode(other, true);
  const box = row.querySelector('input[name="ticket"]');
  if (box) box.checked = old.querySelector('input[name="ticket"]')?.checked ?? false;
  if (old.getAttribute("aria-current")) row.setAttribute("aria-current", "true");
  const mark = old.querySelector("[data-here]");
  const focus = old.contains(document.activeElement) ? document.activeElement.matches("input") : null;
  old.replaceWith(row);
  if (mark) showHere(mark);
  if (focus !== null) row.querySelector(focus ? "input" : "a.subj")?.focus({ preventScroll: true });
  row.classList.add("changed");
  setTimeout(() => row.classList.remove("changed"), 3_000);
  htmx.process(row);
  htmx.trigger(row, "htmx:load", { elt: row });
}

function leave(row, where) {
  if (!row) return;
  row.classList.add("gone");
  row.querySelector(".gone-word")?.remove();
  row.querySelector(".cell-main .meta")?.append(make("span", { class: "gone-word" }, where));
  announce();
}

// --- What is new, above the list ---

function announce() {
  const place = document.querySelector("[data-live-news]");
  if (!place) return;
  const gone = rowsOf().filter((row) => row.classList.contains("gone")).length;
  const parts = [];
  if (fresh.size) parts.push(words(fresh.size === 1 ? "liveNewOne" : "liveNew", { n: fresh.size }));
  if (gone) parts.push(words(gone === 1 ? "liveGoneOne" : "liveGone", { n: gone }));
  const text = parts.join(" · ");
  if ((place.querySelector("span")?.textContent ?? "") === text) return;
  if (!text) return place.replaceChildren();
  const button = make("button", { type: "button", class: `btn small${fresh.size ? " primary" : ""}`, "data-key": ".", "data-key-label": words("liveShow") }, words("liveShow"), make("kbd", { class: "only-desk" }, "."));
  button.addEventListener("click", () => {
    keepPlace();
    refresh();
  });
  place.replaceChildren(make("div", { class: "live-pill" }, make("span", {}, text), button));
}

// --- Who is at which ticket ---

const asked = new Set();

/** Somebody has come to one of these tickets, or left it. */
export function listHere(keys) {
  keys.filter(rowOf).forEach((key) => asked.add(key));
  if (asked.size && listOf()) lookWho();
}

const lookWho = paced(lookWhoNow, { wait: 300, gap: 1_000, busyGap: 4_000 });

async function lookWhoNow() {
  const keys = [...asked].slice(0, MOST);
  asked.clear();
  if (!keys.length || listOf()?.dataset.liveAs !== "ticket") return;
  const response = await fetch(`/desk/presence/?ids=${keys}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!response.ok) return;
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const key of keys) document.querySelector(`#main [data-here="${key}"]`)?.remove();
  answer.querySelectorAll("[data-here]").forEach((mark) => showHere(document.importNode(mark, true)));
}

function showHere(mark) {
  rowOf(mark.dataset.here)?.querySelector(".cell-main .meta")?.prepend(mark);
}

// Who was cut off has left without a word.
setInterval(() => {
  const marks = [...document.querySelectorAll("#main [data-here]")].map((mark) => Number(mark.dataset.here));
  if (marks.length && !document.hidden) listHere(marks);
}, 45_000);
