// "5 min ago" and "18 min left" stay true while a page is open.
import { onContent, all, words } from "./page.js";
import { describe, dueState, spell } from "./spans.js";

const EVERY = 30_000;

export function startTimes() {
  tellZone();
  onContent(refresh);
  setInterval(() => refresh(document.body), EVERY);
}

/** The server shows strangers their own times, and takes this for the profile at the first login. */
function tellZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.split("; ").includes(`zone=${zone}`)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

function refresh(root) {
  const now = Date.now();
  for (const time of all(root, "time[data-relative]")) {
    const text = describe(now - Date.parse(time.dateTime), time.dataset.relative, words);
    if (text && time.textContent !== text) time.textContent = text;
  }
  for (const chip of all(root, "[data-due]")) tick(chip, now);
}

function tick(chip, now) {
  const due = Date.parse(chip.dataset.due);
  const state = dueState({ now, due, start: Date.parse(chip.dataset.start), warn: Number(chip.dataset.warn) * 1000 });
  chip.classList.remove("ok", "warn", "bad");
  chip.classList.add(state.level);
  chip.dataset.p = state.share;
  const text = words(state.level === "bad" ? "over" : "left", { span: spell(Math.abs(due - now), words) });
  const place = chip.querySelector("[data-due-text]");
  if (place && place.textContent !== text) place.textContent = text;
}
