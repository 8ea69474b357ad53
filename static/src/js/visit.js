// From page to page of the workspace without building the shell anew, and the same page once more after an act.
// Every state has its address; back and forward read the page anew and put it where it was left.
// Whoever keeps something about the page listens to two events of the body: `tierdesk:leave` before its main part goes,
// and `tierdesk:page` once another stands there or parts of it were replaced (detail: url; kind: visit, restore, refresh). New content
// also comes with htmx:load, as everywhere (see onContent). `refresh()` is for whoever learns that the page is out of date.
import { htmx, on, onContent, words } from "./page.js";
import { forgetPrefetched, isOurs, prefetch, read, take } from "./pages.js";
import { forgetPart, isPatchable, patch, rememberParts } from "./patch.js";
import { enterPlace, hrefsOf, keepList, keepPlace, knownList, neighbours, newKey, placeOf, rememberList, restorePlace, startPlace } from "./place.js";

const DWELL = 65;
const AHEAD = 1_200;

let turn = 0;
let shownTimes = 0;
// The address whose page stands in #main; a fragment alone makes no other page.
let standing = "";

/** Before anything changes what the server has sent. */
export function startVisits() {
  const main = document.getElementById("main");
  if (!main || !document.querySelector(".shell")) return;
  startPlace();
  standing = location.pathname + location.search;
  rememberParts(main);
  rememberList(main);
  on("click", "a[href]", follow);
  document.addEventListener("submit", ask);
  addEventListener("popstate", walk);
  startPrefetching();
  startAfterActs();
  on("click", "[data-place-step]", (_, button) => step(Number(button.dataset.placeStep)));
  on("click", "[data-place-back]", (event) => (event.preventDefault(), backToList()));
  onContent(showPlace);
  showCurrent();
  // After a reload, or back from a page outside, as the browser itself would have done it.
  const type = performance.getEntriesByType("navigation")[0]?.type;
  if (["reload", "back_forward"].includes(type)) restorePlace(main, placeOf(history.state));
}

/** Go to a page of the workspace; one that does not fit is loaded whole. */
export async function visit(address, { place = null } = {}) {
  const url = new URL(address, location.href);
  const page = await fetched(url, isOurs(url) ? take : null);
  if (!page) return;
  const at = new URL(page.url);
  at.hash = url.hash;
  keepPlace();
  if (at.pathname + at.search === standing) history.replaceState({ ...history.state, tierdesk: newKey() }, "", at);
  else history.pushState({ tierdesk: newKey(), from: standing }, "", at);
  show(page, { place, kind: "visit" });
}

/** The same page once more: what differs is swapped; scroll, focus and what is being typed stay. */
export async function refresh({ afterAct = false } = {}) {
  const started = turn;
  const page = await read(new URL(location.href)).catch(() => undefined);
  if (started !== turn) return;
  // After an act it may be a page that one cannot open any more: the server says so.
  if (page === null && afterAct) return location.reload();
  if (!page) return;
  if (new URL(page.url).pathname + new URL(page.url).search !== standing) return visit(page.url);
  const main = document.getElementById("main");
  if (!isPatchable(main, page.main)) {
    keepPlace();
    return show(page, { place: placeNow(), kind: "refresh" });
  }
  document.title = page.title;
  tell("tierdesk:leave");
  const changes = patch(main, page.main);
  showToasts(page);
  tell("tierdesk:page", { kind: "refresh", changes });
}

// --- Ways to another page ---

function follow(event, link) {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.hasAttribute("hx-get") || link.dataset.dialog || link.dataset.whole !== undefined) return;
  const url = new URL(link.href, location.href);
  if (!isOurs(url) || (url.hash && url.pathname + url.search === standing)) return;
  event.preventDefault();
  visit(url);
}

// A form that only asks (a search, a filter) leads to an address like a link.
function ask(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "get" || form.target || form.hasAttribute("hx-get")) return;
  const url = new URL(form.action, location.href);
  if (!isOurs(url)) return;
  event.preventDefault();
  url.search = new URLSearchParams(new FormData(form, event.submitter)).toString();
  visit(url);
}

async function walk({ state }) {
  if (location.pathname + location.search === standing) return;
  keepPlace();
  enterPlace();
  const url = new URL(location.href);
  const page = await fetched(url, isOurs(url) ? read : null);
  if (page) show(page, { place: placeOf(state) ?? {}, kind: "restore" });
}

// The page, or null where the browser has gone there itself, or somebody has gone elsewhere meanwhile.
async function fetched(url, how) {
  const mine = ++turn;
  const slow = setTimeout(() => document.documentElement.setAttribute("data-visiting", ""), 150);
  const page = await (how ? how(url).catch(() => null) : null);
  clearTimeout(slow);
  if (mine !== turn) return null;
  document.documentElement.removeAttribute("data-visiting");
  if (page) return page;
  keepPlace();
  if (url.href === location.href) location.reload();
  else location.assign(url);
  return null;
}

function show(page, { place, kind }) {
  const old = document.getElementById("main");
  tell("tierdesk:leave");
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.querySelector(".shell.nav-open")?.classList.remove("nav-open");
  // htmx would hand the focus on to the field of the same name on another page.
  if (kind !== "refresh") document.activeElement?.blur();
  standing = location.pathname + location.search;
  enterPlace();
  htmx.swap(old, page.main.outerHTML, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
  const main = document.getElementById("main");
  rememberParts(main, page.main);
  document.title = page.title;
  showToasts(page);
  rememberList(main);
  markNavigation();
  // What htmx focuses because it had focus before stands on another page now.
  const stays = kind === "refresh" && main.contains(document.activeElement);
  const stoodOnRow = restorePlace(main, place);
  const goal = location.hash.length > 1 && kind === "visit" ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (goal) goal.scrollIntoView();
  else if (!place) scrollTo(0, 0);
  if (!stoodOnRow && !stays && !main.querySelector("[autofocus]")) main.focus({ preventScroll: true });
  if (kind !== "refresh") announce(page.title);
  tell("tierdesk:page", { kind });
}

const placeNow = () => placeOf(history.state) ?? {};
const tell = (name, detail = {}) => {
  // For whoever waits for the page from outside, as scripts that drive a browser do.
  if (name === "tierdesk:page") document.documentElement.dataset.turn = String((shownTimes += 1));
  document.body.dispatchEvent(new CustomEvent(name, { detail: { url: standing, ...detail } }));
};

function showToasts(page) {
  const list = document.getElementById("toasts");
  for (const toast of page.toasts) {
    list?.append(toast);
    htmx.process(toast);
    htmx.trigger(toast, "htmx:load", { elt: toast });
  }
}

function markNavigation() {
  for (const link of document.querySelectorAll(".sidenav a.nav-item")) {
    const { pathname } = new URL(link.href);
    const is = "below" in link.dataset ? location.pathname.startsWith(pathname) : pathname === location.pathname;
    if (is) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// A long navigation shows the line of its page, where that lies below the edge.
function showCurrent() {
  const nav = document.querySelector(".sidenav");
  const line = nav?.querySelector("[aria-current]");
  if (line && line.offsetTop + line.offsetHeight > nav.clientHeight) nav.scrollTop = line.offsetTop - nav.clientHeight / 2;
}

// A screen reader says where one has come to, as it does when a whole page is loaded.
function announce(title) {
  const place = document.getElementById("announce");
  if (place) place.textContent = title;
}

// --- After an act ---

function startAfterActs() {
  const body = document.body;
  for (const name of ["ticketsChanged", "tierdesk:stale"]) body.addEventListener(name, forgetPrefetched);
  body.addEventListener("draftSaved", ({ detail }) => {
    const name = detail.key ?? detail.value;
    forgetPart(document.querySelector(`form[data-draft="${CSS.escape(name)}"]`));
  });
  // An answer says which page follows: another, or this one with what has changed.
  body.addEventListener("visit", ({ detail }) => {
    const url = new URL(detail.url ?? detail.value, location.href);
    if (url.pathname + url.search !== standing) return visit(url);
    // What was ticked has had its act.
    for (const box of document.querySelectorAll('#main [data-bulk] input[name="ticket"]:checked')) box.checked = false;
    refresh({ afterAct: true });
  });
}

// --- The list that a ticket was opened from ---

function showPlace(root) {
  const bar = root.matches?.("[data-place]") ? root : root.querySelector("[data-place]");
  const list = bar && knownList();
  if (!list) return;
  const back = bar.querySelector("[data-place-back]");
  back.href = list.url;
  back.querySelector("[data-place-title]").textContent = list.title;
  const at = list.hrefs.indexOf(location.pathname);
  bar.querySelector("[data-place-n]").textContent = at < 0 ? "" : words("placeOf", { n: at + 1, all: list.hrefs.length + (list.older ? "+" : "") });
  for (const button of bar.querySelectorAll("[data-place-step]")) {
    const by = Number(button.dataset.placeStep);
    const more = by > 0 ? list.older : list.newer;
    button.hidden = at < 0;
    button.disabled = !list.hrefs[at + by] && !more;
  }
}

async function step(by) {
  const list = knownList();
  const at = list?.hrefs.indexOf(location.pathname) ?? -1;
  if (at < 0) return;
  const known = list.hrefs[at + by];
  if (known) return go(list, known);
  const beyond = by > 0 ? list.older : list.newer;
  if (!beyond) return;
  const url = new URL(beyond, new URL(list.url, location.href));
  const page = await read(url).catch(() => null);
  const hrefs = page ? hrefsOf(page.main) : [];
  const next = { ...list, url: url.pathname + url.search, hrefs, ...(page ? neighbours(page.main) : {}), place: null };
  if (hrefs.length) go(next, by > 0 ? hrefs[0] : hrefs.at(-1));
}

// Back in the list one stands on the row of the ticket that one saw last.
function go(list, href) {
  keepList({ ...list, place: { ...list.place, row: href } });
  visit(href);
}

function backToList() {
  const list = knownList();
  if (!list) return visit(document.querySelector("[data-place-back]").href);
  if (history.state?.from === list.url && list.place?.row === location.pathname) return history.back();
  const at = location.pathname;
  visit(list.url, { place: { ...list.place, row: list.hrefs.includes(at) ? at : list.place?.row } });
}

// --- Ahead of time ---

function startPrefetching() {
  let timer = 0;
  const soon = (event, wait) => {
    const link = event.target.closest?.('a[href^="/desk/tickets/"], [data-row] a');
    clearTimeout(timer);
    if (link) timer = setTimeout(() => prefetch(new URL(link.href)), wait);
  };
  document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && soon(event, DWELL), { passive: true });
  document.addEventListener("focusin", (event) => soon(event, 2 * DWELL), { passive: true });
  document.addEventListener("touchstart", (event) => soon(event, 0), { passive: true });
  const next = () => {
    const list = knownList();
    const at = list?.hrefs.indexOf(location.pathname) ?? -1;
    if (at >= 0 && list.hrefs[at + 1]) prefetch(new URL(list.hrefs[at + 1], location.href));
  };
  let ahead = 0;
  const later = () => {
    clearTimeout(ahead);
    ahead = setTimeout(next, AHEAD);
  };
  document.body.addEventListener("tierdesk:page", ({ detail }) => detail.kind !== "refresh" && later());
  later();
}
