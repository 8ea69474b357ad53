// The arithmetic of times, kept free of the page so that it can be tested. Mirrors helpdesk/templatetags/ui.py.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "4 h 10 min", "3 d": two units below a day, one above. */
export function spell(ms, words) {
  if (ms < MINUTE) return words("lessThanMinute");
  if (ms < HOUR) return words("minutes", { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    const hours = words("hours", { n: Math.floor(ms / HOUR) });
    return minutes && ms < 10 * HOUR ? `${hours} ${words("minutes", { n: minutes })}` : hours;
  }
  return words("days", { n: Math.floor(ms / DAY) });
}

/** How long ago, in one unit. Null where the server's own text (a date) stays. */
export function describe(ms, style, words) {
  const span = Math.abs(ms);
  if (Number.isNaN(span) || span >= 30 * DAY) return null;
  if (span < MINUTE) return words("now");
  const text = span < HOUR ? words("minutes", { n: Math.floor(span / MINUTE) }) : span < DAY ? words("hours", { n: Math.floor(span / HOUR) }) : words("days", { n: Math.floor(span / DAY) });
  if (style === "short") return text;
  if (style === "since") return words("for", { span: text });
  return words(ms < 0 ? "in" : "ago", { span: text });
}

/** Level and spent share of a promise: over is bad, within `warn` of its end is warn. */
export function dueState({ now, due, start, warn }) {
  const left = due - now;
  const whole = due - start;
  const spent = Number.isFinite(whole) && whole > 0 ? (now - start) / whole : 1 - left / DAY;
  const share = Math.round(Math.min(1, Math.max(0, spent)) * 20) * 5;
  if (left < 0) return { level: "bad", share: 100 };
  return { level: left <= (warn || HOUR) ? "warn" : "ok", share };
}
