// Fetches pages of the workspace as their main part; what will be wanted next is fetched a moment before.
const FRESH = 10_000;
const MOST_KEPT = 12;
const MOST_UNDERWAY = 2;
const MOST_A_MINUTE = 40;
const AN_AGE = 4 * 3600 * 1000;
// The board keeps its own time from its first moment on.
const ALONE = /^\/desk\/board\//;

const kept = new Map();
let underway = 0;
let recent = [];

/** Pages that share this shell. Others (settings, insights, the portal) are loaded whole. */
export function isOurs(url) {
  // A page that has been open for hours may run yesterday's scripts: it is loaded anew now and then.
  const shares = (path) => path.startsWith("/desk/") && !ALONE.test(path);
  return url.origin === location.origin && shares(url.pathname) && shares(location.pathname) && performance.now() < AN_AGE;
}

/** The page at this address: {url, title, main, toasts}; null where it cannot be put into this shell. */
export async function read(url, { ahead = false } = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, Accept: "text/html" };
  // Told to the server, so that nothing is marked as read and no message used up by what nobody looks at yet.
  if (ahead) headers["X-Prefetch"] = "1";
  const response = await fetch(url, { headers, credentials: "same-origin" });
  if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/html")) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main#main");
  if (!main || !fits(page)) return null;
  const toasts = [...page.querySelectorAll("#toasts > *")];
  return { url: response.url, title: page.title, main, toasts };
}

/** The same, taken from what was fetched ahead where that is fresh. */
export function take(url) {
  const known = kept.get(key(url));
  kept.delete(key(url));
  return known && Date.now() - known.at < FRESH ? known.page.then((page) => page ?? read(url)) : read(url);
}

/** Fetches a ticket's page ahead: few at a time, never on a metered line. */
export function prefetch(url) {
  const name = key(url);
  const now = Date.now();
  recent = recent.filter((at) => now - at < 60_000);
  if (!isOurs(url) || !/^\/desk\/tickets\/[\w-]+\/$/.test(url.pathname) || url.pathname === location.pathname) return;
  if (navigator.connection?.saveData || underway >= MOST_UNDERWAY || recent.length >= MOST_A_MINUTE) return;
  if (now - (kept.get(name)?.at ?? 0) < FRESH) return;
  recent.push(now);
  underway += 1;
  const page = read(url, { ahead: true })
    .catch(() => null)
    .finally(() => (underway -= 1));
  kept.set(name, { at: now, page });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
}

/** After an act, here or elsewhere: what was fetched ahead may be out of date. */
export const forgetPrefetched = () => kept.clear();

const key = (url) => url.pathname + url.search;

// A whole page must be of the desk and ask for no script or style that this one has not.
function fits(page) {
  if (!page.querySelector(".shell")) return true;
  const here = new Set([...document.head.querySelectorAll("script[src], link[rel=stylesheet]")].map((element) => element.src || element.href));
  const asked = [...page.head.querySelectorAll("script[src], link[rel=stylesheet]")];
  return page.documentElement.classList.contains("desk") && asked.every((element) => here.has(new URL(element.getAttribute("src") ?? element.getAttribute("href"), location.href).href));
}
