// Putting lists into order by dragging a handle, with the pointer or a finger. Buttons beside each row do the same for
// the keyboard: where the server keeps the order they are its own buttons, else they move the row here.
//
// data-sort="list" with data-sort-send: the form around it is sent. Without it the order is that of the inputs.
// data-sort="tree" with data-sort-url: what was dropped is sent with its new parent and the one before it.
import { htmx, on, words } from "./page.js";

const INDENT = 24;

let isStarted = false;

export function startSorting() {
  if (isStarted) return;
  isStarted = true;
  on("pointerdown", "[data-sort-handle]", (event, handle) => {
    if (event.button === 0) drag(event, handle);
  });
  on("click", "[data-sort-move]", (event, button) => {
    event.preventDefault();
    step(button.closest("[data-sort-key]"), button);
  });
}

function drag(start, handle) {
  const row = handle.closest("[data-sort-key]");
  const list = row.closest("[data-sort]");
  const moving = withThoseBelow(row);
  const fixed = rowsOf(list).filter((each) => !moving.includes(each));
  let drop = null;
  start.preventDefault();
  handle.setPointerCapture(start.pointerId);
  moving.forEach((each) => each.setAttribute("data-dragged", ""));

  const move = (event) => {
    clear(list);
    const place = fixed.findIndex((each) => event.clientY < middle(each));
    const before = place < 0 ? fixed.at(-1) : fixed[place - 1];
    drop = { before, depth: depthAt(list, row, before, event.clientX - start.clientX) };
    if (before) before.setAttribute("data-drop-after", drop.depth);
    else fixed[0]?.setAttribute("data-drop-first", "");
    scrollNear(event.clientY);
  };
  const end = (event) => {
    handle.removeEventListener("pointermove", move);
    moving.forEach((each) => each.removeAttribute("data-dragged"));
    clear(list);
    const wasDropped = event.type === "pointerup" && drop;
    if (!wasDropped) return;
    if (list.dataset.sort === "tree") sendPlace(list, row, fixed, drop);
    else if (place(row, drop.before)) settle(list, row);
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", end, { once: true });
  handle.addEventListener("pointercancel", end, { once: true });
}

/** The keyboard's way where the page keeps the order: one row up or down, told to screen readers, the focus stays. */
function step(row, button) {
  const other = button.dataset.sortMove === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (button.dataset.sortMove === "up") other.before(row);
  else other.after(row);
  button.focus();
  settle(row.closest("[data-sort]"), row);
}

function settle(list, row) {
  const rows = rowsOf(list);
  rows.forEach((each, index) => {
    for (const button of each.querySelectorAll("[name=move]")) button.value = `${index}:${button.value.split(":")[1]}`;
  });
  const said = document.getElementById(list.dataset.sortSaid ?? "order-said");
  if (said) said.textContent = words("sorted", { n: rows.indexOf(row) + 1, all: rows.length });
  row.dispatchEvent(new Event("change", { bubbles: true }));
  if (list.dataset.sortSend !== undefined) list.closest("form").requestSubmit();
}

function place(row, before) {
  const was = row.previousElementSibling;
  if (before === was || (!before && !was)) return false;
  if (before) before.after(row);
  else row.parentElement.prepend(row);
  return true;
}

function sendPlace(list, row, fixed, { before, depth }) {
  const above = before ? fixed.slice(0, fixed.indexOf(before) + 1).reverse() : [];
  const parent = above.find((each) => depthOf(each) === depth - 1);
  const after = above.slice(0, parent ? above.indexOf(parent) : above.length).find((each) => depthOf(each) === depth);
  htmx.ajax("POST", list.dataset.sortUrl.replace("{key}", row.dataset.sortKey), {
    target: list,
    swap: "outerHTML",
    values: { parent: parent?.dataset.sortKey ?? "", after: after?.dataset.sortKey ?? "" },
  });
}

// How deep it would stand: as it stood, more by moving right, less by moving left, at most one below the row above it.
function depthAt(list, row, before, moved) {
  if (list.dataset.sort !== "tree" || !before) return 1;
  const wanted = depthOf(row) + Math.round(moved / INDENT);
  return Math.max(1, Math.min(wanted, depthOf(before) + 1));
}

function withThoseBelow(row) {
  const found = [row];
  while (found.at(-1).nextElementSibling && depthOf(found.at(-1).nextElementSibling) > depthOf(row)) {
    found.push(found.at(-1).nextElementSibling);
  }
  return found;
}

function scrollNear(y) {
  if (y < 60) window.scrollBy(0, -12);
  if (y > window.innerHeight - 60) window.scrollBy(0, 12);
}

function clear(list) {
  for (const each of list.children) {
    each.removeAttribute("data-drop-after");
    each.removeAttribute("data-drop-first");
  }
}

const rowsOf = (list) => [...list.querySelectorAll(":scope > [data-sort-key]")];
const depthOf = (row) => Number(row.dataset.depth ?? 1);
const middle = (row) => {
  const box = row.getBoundingClientRect();
  return box.top + box.height / 2;
};
