// The service worker of the portal. helpdesk/portal/installing.py serves it from the root, with what it is to keep in
// self.TIERDESK: {version, assets, offline}. It keeps static files and the page that says there is no connection; never
// a page of somebody, never an answer, never anything that was typed. It sends nothing by itself.
const { version, assets, offline } = self.TIERDESK;
const CACHE = `tierdesk-${version}`;
/** Left alone entirely: the workspace has its own way of telling that the connection is lost; files and programs. */
const NOT_OURS = /^\/(desk|settings|insights|api|admin|files|styleguide)\//;
/** With a part of its content in its name, a file under this name never changes. */
const FOR_EVER = /(\.[0-9a-f]{8,}\.|-[A-Z0-9]{8}\.)/;

self.addEventListener("install", (event) => {
  // Asked for without cookies, so that it is nobody's page. A new version waits until no page of the old one is open.
  const bare = (address) => new Request(address, { credentials: "omit", cache: "no-cache" });
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...assets, offline].map(bare))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name.startsWith("tierdesk-") && name !== CACHE).map((name) => caches.delete(name)));
      await self.registration.navigationPreload?.enable();
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || NOT_OURS.test(pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (request.method === "GET" && pathname.startsWith("/static/")) event.respondWith(file(request));
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    if (event.request.method === "GET") return sayOffline();
    // A form that did not leave: its page has kept what was written, so the way back leads there.
    const from = event.request.referrer;
    const back = from.startsWith(`${self.location.origin}/`) ? new URL(from).pathname : "/";
    return Response.redirect(`${offline}?back=${encodeURIComponent(back)}`, 303);
  }
}

async function sayOffline() {
  return (await caches.match(offline, { ignoreSearch: true })) ?? Response.error();
}

async function file(request) {
  const kept = await caches.match(request, { cacheName: CACHE });
  if (kept && FOR_EVER.test(new URL(request.url).pathname)) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok && fresh.type === "basic") {
      const copy = fresh.clone();
      caches.open(CACHE).then((cache) => cache.put(request, copy));
    }
    return fresh;
  } catch (lost) {
    if (kept) return kept;
    throw lost;
  }
}
