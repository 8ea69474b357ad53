// Checks every text token against every ground it stands on, in light and dark: WCAG 2.2 AA.
import { readFile } from "node:fs/promises";

const css = await readFile(new URL("src/css/tokens.css", import.meta.url), "utf8");
const tokens = Object.fromEntries(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\);/g)].map(([, name, light, dark]) => [name, [light, dark]]),
);

const GROUNDS = ["paper", "card", "raised", "hover", "accent-soft", "note"];
const TEXT = ["ink", "ink-2", "ink-3", "accent", "accent-strong", "ok", "warn", "bad", "rest"];
const TIERS = ["slate", "teal", "blue", "violet", "amber", "rose", "green", "cyan"];

const pairs = [
  ...TEXT.flatMap((ink) => GROUNDS.map((ground) => ({ ink, ground, least: 4.5 }))),
  // A tier badge stands on 12 % of its own colour, also on a row that is selected or an internal note.
  ...TIERS.flatMap((ink) => GROUNDS.map((ground) => ({ ink, ground, tint: [ink, 0.12], least: 4.5 }))),
  ...["ok", "warn", "bad", "accent"].map((tint) => ({ ink: "ink", ground: "card", tint: [tint, 0.09], least: 4.5 })),
  { ink: "bad", ground: "card", tint: ["bad", 0.06], least: 4.5 },
  { ink: "note-ink", ground: "note", tint: ["note-line", 0.5], least: 4.5 },
  { ink: "note-ink", ground: "note", tint: ["note-line", 0.4], least: 4.5 },
  { ink: "on-accent", ground: "accent", least: 4.5 },
  { ink: "on-accent", ground: "accent-strong", least: 4.5 },
  { ink: "on-accent", ground: "accent", tint: ["on-accent", 0.14], least: 4.5 },
  { ink: "on-bad", ground: "bad", least: 4.5 },
  // Edges of controls and the focus ring are no text.
  ...["paper", "card", "raised"].map((ground) => ({ ink: "control", ground, least: 3 })),
];

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mix = (over, under, share) => over.map((c, i) => c * share + under[i] * (1 - share));
const luminance = (colour) => {
  const [r, g, b] = colour.map((c) => (c /= 255) && (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

let failed = 0;
for (const { ink, ground, tint, least } of pairs) {
  for (const theme of [0, 1]) {
    let under = rgb(tokens[ground][theme]);
    if (tint) under = mix(rgb(tokens[tint[0]][theme]), under, tint[1]);
    const ratio = contrast(rgb(tokens[ink][theme]), under);
    if (ratio < least) {
      failed += 1;
      console.error(`${["light", "dark"][theme]}: ${ink} on ${ground}${tint ? ` + ${tint.join(" ")}` : ""} is ${ratio.toFixed(2)}, needs ${least}`);
    }
  }
}
console.log(`contrast: ${pairs.length * 2} pairs checked, ${failed} too weak`);
process.exitCode = failed ? 1 : 0;
