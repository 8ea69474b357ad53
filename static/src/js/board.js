// A page that refreshes itself says so when it cannot any more, and since when. Nothing else on it moves.
import { words } from "./page.js";
import { spell } from "./spans.js";

const LATE = 50_000; // three refreshes have not come
const LOOKS = 5_000;

export function startBoard() {
  const told = document.querySelector("[data-board-stale]");
  const board = () => document.querySelector("[data-board]");
  if (!told || !board()) return;
  let seen = Date.now();
  let failed = false;

  const tell = () => {
    const ago = Date.now() - seen;
    const stale = failed || ago > LATE;
    document.documentElement.toggleAttribute("data-stale", stale);
    const time = board().querySelector("[data-board-time]").textContent;
    const text = stale
      ? told.dataset.boardStale.replace("{time}", time).replace("{span}", spell(ago, words))
      : "";
    if (told.textContent !== text) told.textContent = text;
  };
  const lose = () => {
    failed = true;
    tell();
  };
  const ofBoard = (event) => event.detail.elt.matches("[data-board]");

  for (const type of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(type, (event) => ofBoard(event) && lose());
  }
  // htmx tells of new content once it stands in the page.
  document.body.addEventListener("htmx:load", (event) => {
    if (!ofBoard(event)) return;
    seen = Date.now();
    failed = false;
    tell();
  });
  window.addEventListener("offline", lose);
  setInterval(tell, LOOKS);
}
