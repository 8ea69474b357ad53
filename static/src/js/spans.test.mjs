import assert from "node:assert/strict";
import test from "node:test";
import { describe, dueState, spell } from "./spans.js";

const texts = { lessThanMinute: "less than a minute", minutes: "{n} min", hours: "{n} h", days: "{n} d", now: "just now", in: "in {span}", ago: "{span} ago", for: "for {span}" };
const words = (name, values = {}) => texts[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("a span is told in two units below ten hours and in one above", () => {
  assert.equal(spell(18 * MINUTE, words), "18 min");
  assert.equal(spell(4 * HOUR + 10 * MINUTE, words), "4 h 10 min");
  assert.equal(spell(4 * HOUR, words), "4 h");
  assert.equal(spell(11 * HOUR + 59 * MINUTE, words), "11 h");
  assert.equal(spell(75 * HOUR, words), "3 d");
});

test("a time is told as ago or in, and a distant one stays a date", () => {
  assert.equal(describe(2 * HOUR, "", words), "2 h ago");
  assert.equal(describe(-5 * MINUTE, "", words), "in 5 min");
  assert.equal(describe(5 * MINUTE, "short", words), "5 min");
  assert.equal(describe(5 * MINUTE, "since", words), "for 5 min");
  assert.equal(describe(20_000, "", words), "just now");
  assert.equal(describe(40 * 24 * HOUR, "", words), null);
});

test("a promise is ok, then warns, then is over", () => {
  const start = 0;
  const due = 8 * HOUR;
  assert.deepEqual(dueState({ now: 2 * HOUR, due, start, warn: 30 * MINUTE }), { level: "ok", share: 25 });
  assert.deepEqual(dueState({ now: 7.6 * HOUR, due, start, warn: 30 * MINUTE }), { level: "warn", share: 95 });
  assert.deepEqual(dueState({ now: 8.1 * HOUR, due, start, warn: 30 * MINUTE }), { level: "bad", share: 100 });
});
