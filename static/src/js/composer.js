// Around the composer of a ticket: quoting what somebody wrote, links to one message, and the question at the wall.
import { all, moment, on, onContent, words } from "./page.js";
import { linesAround, typeOver } from "./typed.js";
import { toast } from "./toasts.js";

const MOST_LINES = 200;

export function startComposer() {
  on("click", "[data-quote]", (event, button) => {
    event.preventDefault();
    button.closest("details")?.removeAttribute("open");
    quote(document.getElementById(button.dataset.quote));
  });
  on("click", "[data-copy-link]", async (event, link) => {
    event.preventDefault();
    link.closest("details")?.removeAttribute("open");
    await navigator.clipboard.writeText(new URL(link.getAttribute("href"), location.href).href);
    toast(words("linkCopied"), "ok");
  });
  // Chosen words of a message and q: before the keys of the page, which give q another meaning where nothing is chosen.
  document.addEventListener("keydown", quoteByKey, true);
  on("click", "[data-edit-again]", (_, button) => {
    const form = button.form;
    button.closest(".repeats-note").remove();
    form.querySelector("textarea")?.focus();
  });
  onContent((root) => all(root, ".repeats-note").forEach((question) => question.focus()));
}

function quoteByKey(event) {
  if (event.key !== "q" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable=true]")) return;
  if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
  const message = chosenIn();
  if (!message) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  quote(message);
}

/** The message in which words are chosen, or nothing. */
function chosenIn() {
  const chosen = getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed || !chosen.toString().trim()) return null;
  const near = chosen.getRangeAt(0).commonAncestorContainer;
  const within = (near.nodeType === 1 ? near : near.parentElement)?.closest(".msg .prose");
  return within?.closest(".msg") ?? null;
}

/** Puts the chosen words of a message, or all of them, into the composer, with who wrote them and when. */
async function quote(message) {
  const area = document.getElementById("id_body");
  if (!message || !area) return;
  const prose = message.querySelector(".prose");
  const html = message === chosenIn() ? htmlOf(getSelection()) : prose.innerHTML;
  const { toMarkdown } = await import("./writing/markdown.js");
  const lines = toMarkdown(html).split("\n").slice(0, MOST_LINES);
  const time = message.querySelector("header time");
  const who = message.querySelector("header b")?.textContent.trim() ?? "";
  const when = time ? moment(new Date(time.dateTime), { dateStyle: "medium", timeStyle: "short" }) : "";
  const text = [words("quotedBy", { name: who, time: when }), ...lines.map((line) => (line ? `> ${line}` : ">"))].join("\n");
  // On lines of its own, where one was writing.
  const { value, selectionEnd: end } = area;
  const [, at] = linesAround(value, end, end);
  const before = value.slice(0, at);
  typeOver(area, at, at, `${before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : ""}${text}\n\n`);
  area.scrollIntoView({ block: "center" });
}

function htmlOf(chosen) {
  const holder = document.createElement("div");
  holder.append(chosen.getRangeAt(0).cloneContents());
  return holder.innerHTML;
}
