// The tokens of the style sheet as colours that a chart can draw with.
const NAMES = [
  ...["ink", "ink-2", "ink-3", "card", "raised", "line", "control", "hover", "accent", "accent-soft", "ok", "warn", "bad", "rest"],
  ...["slate", "teal", "blue", "violet", "amber", "rose", "green", "cyan"],
];

/** Every token by its name. A custom property says "light-dark(…)": only an element that wears it knows the colour. */
export function palette({ light = false } = {}) {
  const probe = document.createElement("i");
  probe.hidden = true;
  if (light) probe.style.setProperty("color-scheme", "light");
  document.body.append(probe);
  const colours = {};
  for (const name of NAMES) {
    probe.style.setProperty("color", `var(--${name})`);
    colours[name] = getComputedStyle(probe).color;
  }
  const { fontFamily } = getComputedStyle(document.body);
  probe.remove();
  return { ...colours, font: fontFamily };
}

/** The same colour, see-through. */
export function faded(colour, share) {
  const parts = colour.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(",")},${share})`;
}
