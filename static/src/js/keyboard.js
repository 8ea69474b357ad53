// The workspace by keyboard. Pages declare their keys with data-key; rows are walked with j and k.
// Keys that are a single character can be switched off by each person (data-keys="off" on the page): then only those
// with Ctrl, Enter and Escape are left.
import { make, on, words } from "./page.js";
import { selectTab } from "./dialogs.js";
import { openPalette } from "./palette-door.js";
import { visit } from "./visit.js";

const SEQUENCE = 900;
let pending = "";
let timer = 0;

export function startKeyboard() {
  on("click", "[data-focus]", (event, element) => act(event, () => trigger(element)));
  on("click", "[data-keys-of-page]", (event) => act(event, showKeys));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return act(event, openPalette);
    if (event.ctrlKey || event.metaKey) return;
    if (isTyping(event.target)) return leave(event);
    if (document.querySelector("dialog[open]")) return;
    if (event.key.length === 1 && document.documentElement.dataset.keys === "off") return;
    press(event);
  });
}

function press(event) {
  const move = { j: 1, k: -1 }[event.key];
  if (event.key === "/") return act(event, focusSearch);
  if (event.key === "?") return act(event, showKeys);
  const ofRow = pending ? null : keyedInRow(event.key);
  if (ofRow) return act(event, () => trigger(ofRow));
  const keys = pending ? `${pending} ${event.key}` : event.key;
  const target = keyed(keys) ?? keyed(event.key);
  if (target) return act(event, () => trigger(target), readyFor(target));
  if (move) return act(event, () => moveRow(move));
  const isPlain = !event.target.closest("a, button, summary");
  if (event.key === "o" || (event.key === "Enter" && isPlain)) return act(event, openRow, currentRow());
  if (event.key === "x" && currentRow()) return act(event, tickRow);
  const begins = [...document.querySelectorAll("[data-key]")].some((element) => element.dataset.key.startsWith(`${event.key} `));
  remember(begins ? event.key : "");
}

function act(event, perform, needed = true) {
  if (!needed) return;
  event.preventDefault();
  remember("");
  perform();
}

function remember(key) {
  pending = key;
  clearTimeout(timer);
  if (key) timer = setTimeout(() => (pending = ""), SEQUENCE);
}

const isTyping = (target) => target.matches?.('input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable="true"]');

function leave(event) {
  if (event.key === "Escape") event.target.blur();
}

function keyed(key) {
  const found = [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key === key && !element.disabled);
  return found.find((element) => element.checkVisibility()) ?? found.find((element) => element.closest(".sidenav, .menu-body, [data-bulk-bar]"));
}

// An act on ticked rows is for the row where one is, where none is ticked.
function readyFor(target) {
  if (!target.closest("[data-bulk-bar][hidden]")) return true;
  const row = currentRow();
  if (row) tickRow();
  return Boolean(row);
}

// Keys that mean something in the row where one is: data-row-key on what a row offers.
function keyedInRow(key) {
  return [...(currentRow()?.querySelectorAll("[data-row-key]") ?? [])].find((element) => element.dataset.rowKey === key);
}

/** An option is chosen in its list; a tab is chosen and its field focused; a field is focused; anything else is clicked. */
export function trigger(element) {
  const menu = element.closest("details[data-menu]");
  if (menu && !element.matches("summary")) menu.open = true;
  if (element.matches("option")) {
    element.selected = true;
    element.parentElement.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (element.matches("[role=tab]")) {
    selectTab(element);
    focusEnd(document.getElementById(element.dataset.tabFocus));
  } else if (element.matches("[data-focus]")) {
    const tab = element.dataset.selectTab && document.getElementById(element.dataset.selectTab);
    if (tab) selectTab(tab);
    focusEnd(document.getElementById(element.dataset.focus));
  } else if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) focusEnd(element);
  else element.click();
}

function focusEnd(field) {
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  field.focus();
}

function focusSearch() {
  const field = document.querySelector("[data-search]");
  if (!field) return openPalette();
  field.focus();
  field.select?.();
}

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
const currentRow = () => document.querySelector('[data-row][aria-current="true"]');

function moveRow(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(currentRow());
  const next = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step))];
  currentRow()?.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
  // Focus follows, so that a screen reader says where one is and Tab goes on from there.
  next.querySelector("a")?.focus({ preventScroll: true });
}

function openRow() {
  const row = currentRow();
  const href = row.dataset.href ?? row.querySelector("a")?.href;
  if (href) visit(href);
}

function tickRow() {
  currentRow().querySelector('input[type="checkbox"]')?.click();
}

// --- The keys of this page ---

function showKeys() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog || dialog.open) return;
  const hasRows = rows().length > 0;
  for (const part of dialog.querySelectorAll("[data-keys-for=rows]")) part.hidden = !hasRows;
  for (const list of dialog.querySelectorAll("[data-keys-group]")) {
    const found = keyedOf(list.dataset.keysGroup);
    list.replaceChildren(...found.map((element) => make("li", {}, make("span", {}, labelOf(element)), keysOf(element.dataset.key))));
    list.closest("section").hidden = !found.length;
  }
  dialog.showModal();
}

const GROUPS = { go: ".sidenav", ticked: "[data-bulk-bar]", page: "main" };

/** What has a key in one part of the page, each key once. */
export function keyedOf(group) {
  const seen = new Set();
  return [...document.querySelectorAll("[data-key]")].filter((element) => {
    const of = Object.keys(GROUPS).find((name) => element.closest(GROUPS[name]));
    return of === group && !element.disabled && !element.hidden && !seen.has(element.dataset.key) && seen.add(element.dataset.key);
  });
}

/** What an element with a key is called. */
export function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .count, .tier, .vh").forEach((part) => part.remove());
  return copy.textContent.trim() || element.getAttribute("aria-label") || words("unnamed");
}

/** Keys as one reads them: "g m" as two, a capital with its arrow. */
export function keysOf(sequence) {
  const parts = sequence.split(" ").map((key) => make("kbd", {}, named(key)));
  return make("span", { class: "nowrap" }, ...parts.flatMap((part, at) => (at ? [" ", part] : [part])));
}

const named = (key) => (key.length > 1 ? key : /\p{Lu}/u.test(key) ? `⇧${key}` : key.toUpperCase());
