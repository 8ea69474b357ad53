// Where one stands: how far down a page, on which row, with which rows ticked; and the list that a ticket was opened from.
const PLACE = "tierdesk:place:";
const LIST = "tierdesk:list";
const MOST_PLACES = 60;

let timer = 0;

export function startPlace() {
  history.scrollRestoration = "manual";
  if (!history.state?.tierdesk) history.replaceState({ ...history.state, tierdesk: newKey() }, "");
  addEventListener("scroll", () => (timer ||= setTimeout(() => ((timer = 0), keepPlace()), 200)), { passive: true });
  addEventListener("pagehide", keepPlace);
}

export const newKey = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;

let shown = history.state?.tierdesk;

/** From now on what is kept belongs to the history's entry that is shown now. */
export function enterPlace() {
  shown = history.state?.tierdesk;
}

export function keepPlace() {
  const main = document.getElementById("main");
  if (!main || !(shown ??= history.state?.tierdesk)) return;
  const row = main.querySelector('[data-row][aria-current="true"]')?.dataset.href ?? null;
  const ticked = [...main.querySelectorAll('[data-bulk] input[name="ticket"]:checked')].map((box) => box.value);
  write(PLACE + shown, { at: Date.now(), y: Math.round(scrollY), row, ticked });
  const list = knownList();
  if (list?.url === here()) write(LIST, { ...list, place: { y: Math.round(scrollY), row, ticked } });
}

export const placeOf = (state) => (state?.tierdesk ? load(PLACE + state.tierdesk) : null);

/** Put the page back to where it was left. Rows that have gone meanwhile are passed over. */
export function restorePlace(main, place) {
  if (!place) return false;
  const row = place.row && main.querySelector(`[data-row][data-href="${CSS.escape(place.row)}"]`);
  if (row) {
    main.querySelector('[data-row][aria-current="true"]')?.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
  }
  const ticked = new Set(place.ticked);
  let last = null;
  for (const box of ticked.size ? main.querySelectorAll('[data-bulk] input[name="ticket"]') : []) {
    if (ticked.has(box.value)) (last = box).checked = true;
  }
  last?.dispatchEvent(new Event("change", { bubbles: true }));
  scrollTo(0, place.y ?? 0);
  if (row) row.querySelector("a")?.focus({ preventScroll: true });
  return Boolean(row);
}

/** A page with rows of tickets is the list that J and K go through on the tickets opened from it. */
export function rememberList(main) {
  const hrefs = hrefsOf(main);
  if (!hrefs.length || main.classList.contains("page-ticket")) return;
  const title = main.querySelector("h1")?.textContent.trim() ?? "";
  write(LIST, { url: here(), title, hrefs, ...neighbours(main), place: null });
}

/** The addresses of the pages before and after this one of a list. */
export function neighbours(main) {
  const of = (rel) => main.querySelector(`.pager a[rel="${rel}"]`)?.getAttribute("href") ?? null;
  return { newer: of("prev"), older: of("next") };
}

export const knownList = () => load(LIST);
export const hrefsOf = (main) => [...main.querySelectorAll('[data-row][data-href^="/desk/tickets/"]')].map((row) => row.dataset.href);
export const keepList = (list) => write(LIST, list);

const here = () => location.pathname + location.search;

function load(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
    const places = Object.keys(sessionStorage).filter((key) => key.startsWith(PLACE));
    if (places.length > MOST_PLACES) places.sort().slice(0, places.length - MOST_PLACES).forEach((key) => sessionStorage.removeItem(key));
  } catch {
    // A full or forbidden store: one begins at the top then.
  }
}
