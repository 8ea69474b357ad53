// Live updates of the workspace: one line for the page, whatever stands in it.
import { htmx, onContent } from "../page.js";
import { read } from "../pages.js";
import { tellOfLine } from "./line.js";
import { listAgain, listHere, listOf, listSeen, listTold, newList, scopesOfList } from "./list.js";
import { paced, watchActs } from "./pace.js";
import { bePresent, presenceOnPage, presenceTold, startPresence } from "./presence.js";
import { openLine } from "./socket.js";
import { newTicket, scopesOfTicket, startTicket, ticketAgain, ticketOf, ticketSeen, ticketTold } from "./ticket.js";

const SPREAD = 1_500;
let line = null;
let isDirty = false;
let standing = null;

export function startLive(address) {
  watchActs();
  startTicket(() => read(new URL(location.href), { ahead: true }));
  startPresence((message) => line?.send(message));
  line = openLine(address, { scopes, take, tell: (state) => tellOfLine(state, () => line.tryNow()) });
  onContent(onPage);
  document.body.addEventListener("tierdesk:page", onPage);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isDirty) return;
    isDirty = false;
    again();
  });
}

function scopes() {
  const board = document.querySelector("[data-board], [data-load-board]") ? ["board"] : [];
  const counts = document.querySelector('[hx-get="/desk/counts/"]') ? ["counts"] : [];
  return ["me", ...counts, ...board, ...scopesOfList(), ...scopesOfTicket()];
}

let timer = 0;
function onPage() {
  clearTimeout(timer);
  const page = listOf() ?? ticketOf();
  const isOther = page !== standing;
  standing = page;
  if (isOther) {
    newList();
    newTicket();
  }
  if (ticketOf()) presenceOnPage(isOther);
  timer = setTimeout(() => line?.ask(), 60);
}

function take(message, isAgain) {
  if (message.seen) {
    if (ticketOf()) bePresent();
    if (message.here?.length) here(message.here);
    if (!document.hidden) seen(message.seen);
    else isDirty = true;
    if (isAgain) setTimeout(again, Math.random() * SPREAD);
    return;
  }
  // A page that nobody looks at asks for nothing until it is shown.
  if (document.hidden) {
    isDirty ||= !message.still;
    return;
  }
  if (message.again) return setTimeout(again, Math.random() * SPREAD);
  if (message.tickets) {
    document.body.dispatchEvent(new CustomEvent("tierdesk:stale"));
    if (listOf()) listTold(message.tickets);
    const mine = ticketOf() && message.tickets.find(([key]) => String(key) === ticketOf().dataset.liveTicket);
    if (mine) ticketTold(mine[1]);
  }
  if (message.here) here(message.here);
  if (message.counts || message.me) numbers(Math.max(message.counts ?? 0, message.me ?? 0));
  if (message.board) board();
}

function seen(versions) {
  if (listOf()) listSeen(versions);
  if (ticketOf()) ticketSeen(versions);
}

function here(keys) {
  listHere(keys);
  if (ticketOf() && keys.some((key) => String(key) === ticketOf().dataset.liveTicket)) presenceTold();
}

function again() {
  if (document.hidden) {
    isDirty = true;
    return;
  }
  document.body.dispatchEvent(new CustomEvent("tierdesk:stale"));
  if (listOf()) listAgain();
  if (ticketOf()) {
    ticketAgain();
    presenceTold();
  }
  numbers(Date.now() / 1000);
  board();
}

const numbers = paced(async (since) => {
  const place = document.querySelector('[hx-get="/desk/counts/"]');
  if (!place) return;
  await htmx.ajax("GET", `/desk/counts/?since=${since}`, { source: place, swap: "none" });
  const summary = document.querySelector("[data-live-summary]");
  if (!summary) return;
  summary.dataset.background = "";
  await htmx.ajax("GET", summary.dataset.liveSummary, { source: summary, target: summary, swap: "outerHTML" });
});

const board = paced(() => document.body.dispatchEvent(new CustomEvent("liveBoard")), { wait: 300, gap: 2_000, busyGap: 5_000 });
