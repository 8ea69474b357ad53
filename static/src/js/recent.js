// What this person has looked at lately, in this browser alone: where the palette begins. Logging out forgets it.
const NAME = `tierdesk:recent:${document.documentElement.dataset.person ?? ""}`;
const MOST = 8;

export function startRecent() {
  look();
  document.body.addEventListener("tierdesk:page", ({ detail }) => detail.kind !== "refresh" && look());
  document.addEventListener("submit", ({ target }) => target.action?.endsWith("/accounts/logout/") && localStorage.removeItem(NAME));
}

export function knownRecent() {
  try {
    return (JSON.parse(localStorage.getItem(NAME)) ?? []).filter((item) => item.url !== location.pathname);
  } catch {
    return [];
  }
}

export function remember(item) {
  try {
    localStorage.setItem(NAME, JSON.stringify([item, ...knownRecent().filter((known) => known.url !== item.url)].slice(0, MOST)));
  } catch {
    // A full or forbidden store: the palette begins empty.
  }
}

// A ticket that was opened by any road.
function look() {
  const main = document.getElementById("main");
  if (!main?.classList.contains("page-ticket") || !/^\/desk\/tickets\/[\w-]+\/$/.test(location.pathname)) return;
  const label = main.querySelector("h1")?.textContent.trim();
  if (label) remember({ label, sub: location.pathname.split("/")[3], url: location.pathname });
}
