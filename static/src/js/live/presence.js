// Who is at a ticket: this page says where it is, and shows who else is there. Nobody is shown for longer than they are.
import { ticketOf, putNote } from "./ticket.js";
import { paced } from "./pace.js";

const IDLE = 30_000;
const AWAY = 30_000;
const AGAIN = 45_000;
let send = () => false;
let said = "";
let idle = 0;
let away = 0;
let shown = "";

const isDesks = () => ticketOf()?.dataset.liveAs === "ticket";
const key = () => Number(ticketOf().dataset.liveTicket);

export function startPresence(given) {
  send = given;
  document.addEventListener("input", ({ target }) => {
    if (!isDesks() || !target.matches?.("#composer textarea, #composer input, #modal-body textarea, [contenteditable]")) return;
    say("write");
    clearTimeout(idle);
    idle = setTimeout(() => say("look"), IDLE);
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(away);
    if (!isDesks()) return;
    if (document.hidden) away = setTimeout(() => say("leave"), AWAY);
    else if (!said || said.endsWith("leave")) say("look");
  });
  setInterval(() => shown && !document.hidden && lookWho(), AGAIN);
}

/** The line is up and this page may say where it is. */
export function bePresent() {
  said = "";
  if (isDesks() && !document.hidden) say("look");
}

/** Somebody has come to this ticket, or left it, or begins to write. */
export const presenceTold = () => isDesks() && lookWho();

/** Parts of the page were replaced, or another page stands there. */
export function presenceOnPage(isOther) {
  if (isOther) shown = "";
  put(shown);
}

function say(does) {
  const now = `${key()} ${does}`;
  if (now !== said && send({ at: key(), do: does }) !== false) said = now;
}

const lookWho = paced(lookWhoNow, { wait: 150, gap: 700, busyGap: 2_000 });

async function lookWhoNow() {
  if (!isDesks()) return;
  const path = location.pathname;
  const response = await fetch(`${path}presence/`, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!response.ok || path !== location.pathname) return;
  put(await response.text());
}

function put(text) {
  shown = text.trim();
  const place = document.querySelector("[data-live-presence]");
  if (!place) return;
  const answer = new DOMParser().parseFromString(shown, "text/html");
  const people = answer.querySelector("[data-presence]");
  if (place.textContent.trim() !== (people?.textContent.trim() ?? "") || !people) place.replaceChildren(...(people ? [people] : []));
  putNote("writing", answer.querySelector("[data-writing]"));
}
