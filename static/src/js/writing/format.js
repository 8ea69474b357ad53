// Markdown by button and by key: a second press takes it off again.
import { linesAround, typeOver } from "../typed.js";

const KEYS = {
  KeyB: "bold",
  KeyI: "italic",
  KeyE: "code",
  "shift KeyK": "link",
  "shift KeyE": "block",
  "shift Digit7": "numbers",
  "shift Digit8": "list",
  "shift Digit9": "quote",
};

export function startFormat(area, tools) {
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) return void goOn(area, event);
    if (!event.ctrlKey && !event.metaKey) return;
    const act = KEYS[`${event.shiftKey ? "shift " : ""}${event.code}`];
    if (!act) return;
    event.preventDefault();
    ACTS[act](area);
  });
  if (!tools) return;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-format]");
    if (button) ACTS[button.dataset.format](area);
  });
  // One stop for Tab; the arrows go from button to button.
  const buttons = [...tools.querySelectorAll("button")];
  buttons.forEach((button, at) => (button.tabIndex = at ? -1 : 0));
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const shown = buttons.filter((button) => button.checkVisibility());
    const at = shown.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = shown[(at + step + shown.length) % shown.length];
    buttons.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  });
}

const ACTS = {
  bold: (area) => around(area, "**"),
  italic: (area) => around(area, "_"),
  code: (area) => around(area, "`"),
  link,
  list: (area) => lines(area, /^- /, () => "- "),
  numbers: (area) => lines(area, /^\d+\. /, (at) => `${at + 1}. `),
  quote: (area) => lines(area, /^> ?/, () => "> "),
  block,
};

function around(area, mark) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const size = mark.length;
  const chosen = value.slice(start, end);
  if (value.slice(start - size, start) === mark && value.slice(end, end + size) === mark) {
    typeOver(area, start - size, end + size, chosen);
    area.setSelectionRange(start - size, end - size);
  } else if (chosen.length > 2 * size && chosen.startsWith(mark) && chosen.endsWith(mark)) {
    typeOver(area, start, end, chosen.slice(size, -size));
    area.setSelectionRange(start, end - 2 * size);
  } else {
    // Markdown knows no emphasis that ends with a space: it stays outside.
    const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(chosen);
    typeOver(area, start, end, before + mark + inner + mark + after);
    area.setSelectionRange(start + before.length + size, start + before.length + size + inner.length);
  }
}

function link(area) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const chosen = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  const text = isAddress ? "" : chosen;
  const address = isAddress ? chosen : "https://";
  typeOver(area, start, end, `[${text}](${address})`);
  // What is missing is chosen: the words, or else where they lead.
  if (!text) area.setSelectionRange(start + 1, start + 1);
  else area.setSelectionRange(start + text.length + 3, start + text.length + 3 + address.length);
}

function lines(area, has, mark) {
  const { value, selectionStart, selectionEnd } = area;
  const [from, to] = linesAround(value, selectionStart, selectionEnd);
  const rows = value.slice(from, to).split("\n");
  const full = rows.filter((row) => row.trim());
  const isOn = full.length > 0 && full.every((row) => has.test(row));
  let at = 0;
  const changed = rows.map((row) => (isOn ? row.replace(has, "") : row.trim() || rows.length === 1 ? mark(at++) + row : row));
  const text = changed.join("\n");
  typeOver(area, from, to, text);
  if (rows.length > 1) area.setSelectionRange(from, from + text.length);
}

function block(area) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  const [from, to] = linesAround(value, start, end);
  const inner = value.slice(from, to);
  if (/^```[^]*\n```$/.test(inner)) return typeOver(area, from, to, inner.replace(/^```[^\n]*\n/, "").replace(/\n?```$/, ""));
  typeOver(area, from, to, `\`\`\`\n${inner}\n\`\`\``);
  area.setSelectionRange(from + 4, from + 4 + inner.length);
}

// Enter goes on with a list or a quote, and ends it on an empty line of it.
function goOn(area, event) {
  const { value, selectionStart: start, selectionEnd: end } = area;
  if (event.defaultPrevented || start !== end) return;
  const [from, to] = linesAround(value, start, start);
  const [, mark, number] = /^(\s*(?:[-*+] |(\d+)\. |> ))/.exec(value.slice(from, to)) ?? [];
  if (!mark || start < from + mark.length) return;
  event.preventDefault();
  if (value.slice(from, to) === mark) typeOver(area, from, to, "");
  else typeOver(area, start, start, `\n${number ? mark.replace(number, Number(number) + 1) : mark}`);
}
