// What is pasted from Word, Outlook, a table or a web page becomes Markdown. Ctrl Shift V pastes the plain words.
import { linesAround, typeOver } from "../typed.js";
import { toMarkdown } from "./markdown.js";

const LONGEST = 2_000_000;
/** Characters of HTML that are looked at: what is longer is pasted as plain words, without making anybody wait. */

export function startPaste(area) {
  let isPlain = false;
  area.addEventListener("keydown", (event) => {
    isPlain = event.code === "KeyV" && event.shiftKey && (event.ctrlKey || event.metaKey);
  });
  area.addEventListener("paste", (event) => {
    const { clipboardData: board } = event;
    const wantsPlain = isPlain;
    isPlain = false;
    if (event.defaultPrevented || !board || wantsPlain) return;
    const { value, selectionStart: start, selectionEnd: end } = area;
    const plain = board.getData("text/plain");
    // An address over chosen words makes them a link.
    if (start !== end && /^https?:\/\/\S+$/.test(plain.trim()) && !value.slice(start, end).includes("\n")) {
      event.preventDefault();
      return typeOver(area, start, end, `[${value.slice(start, end)}](${plain.trim()})`);
    }
    const html = board.getData("text/html");
    if (!html || html.length > LONGEST || isInCode(value, start)) return;
    const text = toMarkdown(html);
    // Words without any form are pasted as they are, by the browser.
    if (!text || plainOf(text) === plainOf(plain)) return;
    event.preventDefault();
    typeOver(area, start, end, text);
  });
}

const plainOf = (text) => text.replace(/\s+/g, " ").trim();

function isInCode(text, at) {
  const [from] = linesAround(text, at, at);
  return (text.slice(0, from).match(/^```/gm) ?? []).length % 2 === 1;
}
