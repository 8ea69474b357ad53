// The same page once more: of the children of each `data-parts` only those that differ are replaced, so that nothing
// moves, nothing that is being typed is touched, and focus stays where it was.
import { htmx } from "./page.js";

// By part what the server had sent: the page itself is changed by what runs in it (times, menus, loaded panels).
const sources = new WeakMap();
const NOW = { swapDelay: 0, settleDelay: 0 };

/** Remember what the server sent: `sent` where it stands in `root` already, changed by what runs there. */
export function rememberParts(root, sent = root) {
  const theirs = containers(sent);
  containers(root).forEach((container, at) => {
    [...container.children].forEach((part, n) => {
      const source = theirs[at]?.children[n];
      if (source) sources.set(part, sourceOf(source));
    });
  });
}

/** A part whose form was sent is drawn anew, also where the server sends the same. */
export function forgetPart(element) {
  for (let part = element; part; part = part.parentElement) sources.delete(part);
}

/** Whether these two are the same page, in the same frame. */
export function isPatchable(old, fresh) {
  const [mine, theirs] = [containers(old).length, containers(fresh).length];
  return mine > 0 && mine === theirs && old.className.split(" ")[0] === fresh.className.split(" ")[0];
}

/**
 * Bring `old` up to what `fresh` says, but for parts that `keeps(part)` holds on to: what somebody has begun in them
 * is not taken from them. Returns how many parts were replaced, added or taken away.
 */
export function patch(old, fresh, keeps = () => false) {
  const putFocusBack = focusIn(old);
  const theirs = containers(fresh);
  let changes = 0;
  containers(old).forEach((container, at) => (changes += patchChildren(container, theirs[at], keeps)));
  putFocusBack();
  return changes;
}

const containers = (root) => [...root.querySelectorAll("[data-parts]")];
const isContainer = (part) => part.hasAttribute("data-parts");

// What differs at each rendering and is brought up to date without a swap: keys of forms, the version that one has seen,
// and times told relative to now.
const NOISE = /(name="(?:csrfmiddlewaretoken|submission|version)" value=")[^"]*|(<time\b[^>]*>)[^<]*/g;
const sourceOf = (part) => (isContainer(part) ? part.cloneNode(false) : part).outerHTML.replace(NOISE, "$1$2");

function patchChildren(container, fresh, keeps) {
  const known = named(container);
  const theirs = named(fresh);
  const stays = new Set([...theirs.keys()].map((name) => known.get(name)));
  // What scripts have put here, and what has gone from the server's page, is passed over.
  const from = (part) => (part && !stays.has(part) ? from(part.nextElementSibling) : part);
  let changes = 0;
  let next = from(container.firstElementChild);
  for (const [name, part] of theirs) {
    const here = known.get(name);
    known.delete(name);
    if (here && !isContainer(here) && keeps(here)) {
      next = from(here.nextElementSibling);
      continue;
    }
    if (here && (isContainer(part) || sources.get(here) === sourceOf(part))) {
      if (here !== next) container.insertBefore(here, next);
      next = from(here.nextElementSibling);
      renewKeys(here, part);
      refetch(here);
      continue;
    }
    changes += 1;
    const put = here ? swapped(container, here, part) : inserted(container, next, part);
    sources.set(put, sourceOf(part));
    next = from(put.nextElementSibling);
  }
  for (const gone of known.values()) {
    if (!sources.has(gone) || keeps(gone)) continue;
    changes += 1;
    htmx.swap(gone, "", { swapStyle: "delete", ...NOW });
  }
  return changes;
}

// A child by its id, else by what it is and the how-manieth of its like.
function named(container) {
  const counts = {};
  const name = (part) => part.id || `${part.tagName}.${part.classList[0] ?? ""}.${part.dataset.lazy ?? ""}`;
  return new Map([...container.children].map((part) => [`${name(part)} ${(counts[name(part)] = (counts[name(part)] ?? 0) + 1)}`, part]));
}

function swapped(container, here, part) {
  const before = here.previousElementSibling;
  htmx.swap(here, part.outerHTML, { swapStyle: "outerHTML", ...NOW });
  return before ? before.nextElementSibling : container.firstElementChild;
}

function inserted(container, next, part) {
  if (next) htmx.swap(next, part.outerHTML, { swapStyle: "beforebegin", ...NOW });
  else htmx.swap(container, part.outerHTML, { swapStyle: "beforeend", ...NOW });
  return next ? next.previousElementSibling : container.lastElementChild;
}

// A form that stays needs the key of the next sending, and knows the version that one has now seen.
function renewKeys(here, part) {
  const fresh = [...part.querySelectorAll("form"), ...(part.matches("form") ? [part] : [])];
  [...here.querySelectorAll("form"), ...(here.matches("form") ? [here] : [])].forEach((form, at) => {
    if (form.dataset.sending || !fresh[at] || isContainer(here)) return;
    for (const name of ["submission", "csrfmiddlewaretoken", "version"]) {
      const [mine, theirs] = [form.elements[name], fresh[at].elements[name]];
      if (mine && theirs) mine.value = theirs.value;
    }
  });
}

// A panel that came later (`data-lazy`, its address) is asked for again and swapped where it stands.
function refetch(here) {
  const url = here.dataset?.lazy;
  if (url && here.firstElementChild) htmx.ajax("GET", url, { target: here.firstElementChild, swap: "outerHTML", source: here }).catch(() => {});
}

// Where focus was, told in words that hold for what replaces it.
function focusIn(root) {
  const active = document.activeElement;
  if (!root.contains(active) || active === root) return () => {};
  const ways = [];
  if (active.id) ways.push(`#${CSS.escape(active.id)}`);
  if (active.dataset.key) ways.push(`[data-key="${CSS.escape(active.dataset.key)}"]`);
  const href = active.getAttribute("href")?.split("?")[0];
  if (href) ways.push(`a[href^="${CSS.escape(href)}"]`);
  const form = active.closest("form")?.getAttribute("action");
  if (form) ways.push(`form[action="${CSS.escape(form)}"] button`);
  return () => {
    if (active.isConnected) return;
    const found = ways.map((way) => root.querySelector(way)).find((element) => element?.checkVisibility());
    (found ?? root).focus({ preventScroll: true });
  };
}
