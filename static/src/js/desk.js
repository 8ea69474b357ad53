import { startCore } from "./core.js";
import { startArticles } from "./articles.js";
import { startBoard } from "./board.js";
import { startBulk } from "./bulk.js";
import { startComposer } from "./composer.js";
import { startFlows } from "./flows.js";
import { startKeyboard } from "./keyboard.js";
import { startLoadBoard } from "./loadboard.js";
import { startPaletteDoor } from "./palette-door.js";
import { startRecent } from "./recent.js";
import { all, onContent } from "./page.js";
import { startSending } from "./sending.js";
import { startVisits } from "./visit.js";

// First, for it remembers the page as the server sent it.
startVisits();
startCore();
startKeyboard();
startPaletteDoor();
startRecent();
startBulk();
startLoadBoard();
startBoard();
startArticles();
startFlows();
startComposer();
startSending();

// Tom Select comes only to pages with something to pick.
onContent((root) => {
  const selects = all(root, "select[data-pick]");
  if (selects.length) import("./pick.js").then(({ pick }) => selects.forEach(pick));
});

// So does what puts lists into order.
onContent((root) => {
  if (all(root, "[data-sort]").length) import("./sorting.js").then(({ startSorting }) => startSorting());
});

// The preview of a look comes only to the page where one is chosen.
if (document.querySelector("[data-brand-sheet]")) import("./branding.js");

// Live updates come behind the page itself, and only where there is a live process.
const live = document.querySelector('meta[name="live"]')?.content;
if (live) import("./live/desk.js").then(({ startLive }) => startLive(live));
