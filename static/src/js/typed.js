// Changes a text as if somebody had typed them: the browser's own undo takes them back.

/** Puts `text` in place of what stands between two places, and leaves the cursor behind it. */
export function typeOver(area, start, end, text) {
  area.focus();
  area.setSelectionRange(start, end);
  if (start === end && !text) return;
  // The one way that every browser enters into its undo; where it is gone, the text still changes.
  const isDone = document.execCommand(text ? "insertText" : "delete", false, text);
  if (isDone) return;
  area.setRangeText(text, start, end, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Where the line begins and ends in which these places are. */
export function linesAround(text, start, end) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const to = text.indexOf("\n", last);
  return [from, to < 0 ? text.length : to];
}
