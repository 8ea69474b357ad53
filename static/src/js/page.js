// Where modules meet the page: what to do with new content, and the page's own words.
import htmx from "htmx.org/dist/htmx.esm.js";

/** Runs `enhance(root)` now for the whole page, and again for every fragment that htmx brings. */
export function onContent(enhance) {
  enhance(document.body);
  document.body.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) enhance(event.detail.elt);
  });
}

/** All elements for a selector in a fragment, its root included. */
export function all(root, selector) {
  const inside = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...inside] : inside;
}

/** Listens once on the document, for elements that match the selector now or later. */
export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) handler(event, found);
    },
    options,
  );
}

/**
 * Listens on something that outlives the page (document, window, body) for as long as `element` stands in it: the desk goes
 * from page to page for hours without loading anew, and what has gone must not be held on to.
 */
export function listenWhile(element, target, type, handler) {
  const ending = new AbortController();
  target.addEventListener(type, handler, { signal: ending.signal });
  held.add({ element, ending });
  // Once: the same listener added again is none.
  document.body.addEventListener("tierdesk:page", letGo);
}

const held = new Set();

function letGo() {
  for (const each of held) {
    if (each.element.isConnected) continue;
    each.ending.abort();
    held.delete(each);
  }
}

/** A sentence that the server has translated (components/_js_text.html), with {names} filled in. */
export function words(name, values = {}) {
  const text = document.getElementById("ui-text")?.dataset[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/**
 * A moment in words, in the language and the zone of whoever reads the page: { timeStyle: "short" } and the like.
 * English as the server writes it: the day before the month, and a clock of 24 hours.
 */
export function moment(date, options) {
  const { lang, dataset } = document.documentElement;
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { timeZone: dataset.zone || undefined, ...options }).format(date);
}

/** An element with attributes and children; text children are never parsed as HTML. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export { htmx };
