// Live updates of the portal: one's own request, and the number of notices.
import { rememberParts } from "../patch.js";
import { tellOfLine } from "./line.js";
import { paced, watchActs } from "./pace.js";
import { openLine } from "./socket.js";
import { scopesOfTicket, startTicket, ticketAgain, ticketOf, ticketSeen, ticketTold } from "./ticket.js";

const SPREAD = 3_000;
let isDirty = false;

export function startLive(address) {
  watchActs();
  if (ticketOf()) rememberParts(document.getElementById("main"));
  startTicket(fetchPage);
  const line = openLine(address, {
    scopes: () => ["me", ...scopesOfTicket()],
    take,
    tell: (state) => ticketOf() && tellOfLine(state, () => line.tryNow()),
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !isDirty) return;
    isDirty = false;
    again();
  });
}

async function fetchPage() {
  const response = await fetch(location.href, { headers: { "X-Prefetch": "1" }, credentials: "same-origin" });
  if (!response.ok) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main#main");
  return main?.querySelector("[data-live-ticket]") ? { title: page.title, main } : null;
}

function take(message, isAgain) {
  if (message.seen) {
    if (ticketOf()) ticketSeen(message.seen);
    if (isAgain) setTimeout(again, Math.random() * SPREAD);
    return;
  }
  if (document.hidden) {
    isDirty ||= !message.still;
    return;
  }
  if (message.again) return setTimeout(again, Math.random() * SPREAD);
  const mine = ticketOf() && message.tickets?.find(([key]) => String(key) === ticketOf().dataset.liveTicket);
  if (mine) ticketTold(mine[1]);
  if (message.me) notices();
}

function again() {
  if (ticketOf()) ticketAgain();
  notices();
}

const notices = paced(async () => {
  const places = document.querySelectorAll("[data-live-unread]");
  if (!places.length) return;
  const response = await fetch("/notices/count/", { credentials: "same-origin" });
  if (!response.ok) return;
  const count = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live-unread]");
  for (const place of places) place.innerHTML = count?.innerHTML ?? "";
});
