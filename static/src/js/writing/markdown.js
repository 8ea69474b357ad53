// From the HTML of a clipboard to Markdown. Parsed without running or fetching anything: DOMParser makes a dead document.

const BLOCKS = new Set("ADDRESS ARTICLE ASIDE BLOCKQUOTE CENTER DD DIV DL DT FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TR UL".split(" "));
const DROPPED = new Set("HEAD STYLE SCRIPT META LINK TITLE XML TEMPLATE NOSCRIPT OBJECT IFRAME SVG IMG INPUT BUTTON SELECT TEXTAREA".split(" "));
const MOST_CELLS = 2_000;

export function toMarkdown(html) {
  // Word puts what only it reads into comments of conditions, and its clipboard between two marks.
  const inner = /<!--StartFragment-->([^]*)<!--EndFragment-->/i.exec(html);
  const isTable = inner && /^\s*<(col|tr|td)\b/i.test(inner[1]);
  const source = isTable || !inner ? html : inner[1];
  const page = new DOMParser().parseFromString(bare(source), "text/html");
  return tidy(blocks(page.body, { depth: 0 }));
}

// Without styles that the page's policy would refuse; what they say of the form is read from another attribute.
const bare = (html) =>
  html
    .replace(/<style\b[^]*?<\/style\s*>/gi, "")
    .replace(/<!\[if[^>]*>|<!\[endif\]>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|on\w+)\s*=/gi, " data-$1="));

/** The blocks within an element, one below the other. */
function blocks(parent, place) {
  const parts = [];
  let line = "";
  const flush = () => {
    const text = trimLine(line);
    if (text) parts.push(escapeStart(text));
    line = "";
  };
  for (const node of children(parent)) {
    if (isBlock(node)) {
      flush();
      const made = block(node, place);
      if (made.trim()) parts.push(made);
    } else line += inline(node);
  }
  flush();
  return joined(parts);
}

// Items of one list stand close, all else apart.
function joined(parts) {
  return parts.reduce((text, part) => (text ? text + (goesOn(text, part) ? "\n" : "\n\n") + part : part), "");
}

function goesOn(text, part) {
  const mark = /^(\s*)(?:(- )|\d+\. )/.exec(part);
  const last = text.split("\n").findLast((line) => /^\S/.test(line)) ?? "";
  const before = /^(?:(- )|\d+\. )/.exec(last);
  // Of another kind it is another list, unless it stands below the item.
  return Boolean(mark && before && (mark[1] || Boolean(mark[2]) === Boolean(before[1])));
}

function block(node, place) {
  const name = node.tagName;
  const level = wordList(node);
  if (level) return wordItem(node, level);
  if (/^H[1-6]$/.test(name)) return heading(node, Number(name[1]));
  if (name === "P" && /^MsoHeading|^heading\s?\d|^MsoTitle/i.test(node.className)) return heading(node, 2);
  if (name === "UL" || name === "OL") return list(node, place);
  if (name === "LI") return list({ tagName: "UL", childNodes: [node] }, place);
  if (name === "TABLE") return table(node, place);
  if (name === "PRE") return `\`\`\`\n${node.textContent.replace(/\n$/, "")}\n\`\`\``;
  if (name === "HR") return "---";
  if (name === "BLOCKQUOTE") return quoted(blocks(node, place));
  return blocks(node, place);
}

function heading(node, level) {
  // All of it bold is how a heading looks, and says nothing more.
  const text = trimLine(inlines(node).replace(/\*\*/g, ""));
  return text && `${"#".repeat(Math.min(level, 4))} ${text.replace(/\n/g, " ")}`;
}

const quoted = (text) => text.split("\n").map((line) => (line ? `> ${line}` : ">")).join("\n");

function list(node, place) {
  const isNumbered = node.tagName === "OL";
  let number = Number(node.getAttribute?.("start")) || 1;
  const rows = [];
  for (const item of children(node)) {
    if (item.nodeType !== 1) continue;
    // A list that stands beside its item, as Outlook and Google Docs write it, belongs to it.
    if (item.tagName === "UL" || item.tagName === "OL") {
      rows.push(indented(list(item, place), isNumbered ? 3 : 2));
      continue;
    }
    const mark = isNumbered ? `${number++}. ` : "- ";
    const text = tidy(blocks(item, place)).replace(/\n\n(?=\s*(- |\d+\. ))/g, "\n");
    if (text) rows.push(mark + indented(text, mark.length).trimStart());
  }
  return rows.join("\n");
}

const indented = (text, by) => text.split("\n").map((line) => (line ? " ".repeat(by) + line : line)).join("\n");

// Word writes no lists: paragraphs with a level in their style, and their bullet as text that others should ignore.
function wordList(node) {
  if (node.tagName !== "P") return 0;
  const level = /mso-list:\s*l\d+\s+level(\d+)/i.exec(node.getAttribute("data-style") ?? "");
  return level ? Number(level[1]) : /^MsoListParagraph/.test(node.className) && bulletOf(node) ? 1 : 0;
}

function bulletOf(node) {
  return [...node.querySelectorAll("[data-style]")].find((each) => /mso-list:\s*ignore/i.test(each.getAttribute("data-style")));
}

function wordItem(node, level) {
  const bullet = bulletOf(node);
  const sign = trimLine(bullet?.textContent ?? "");
  bullet?.remove();
  // What Word puts between its bullet and the words.
  const text = trimLine(inlines(node)).replace(/^[·•o§\u00b7-]\s+/, "");
  const number = /^\(?(\d+)[.)]/.exec(sign)?.[1] ?? (/^\(?[a-z]{1,4}[.)]/i.test(sign) ? "1" : null);
  return text && `${"  ".repeat(level - 1)}${number ? `${number}. ` : "- "}${text.replace(/\n/g, " ")}`;
}

function table(node, place) {
  const rows = [...node.rows].map((row) => [...row.cells]);
  const cells = rows.reduce((sum, row) => sum + row.length, 0);
  const isLayout = rows.every((row) => row.length < 2) || rows.length < 2 || node.querySelector("table");
  if (isLayout || cells > MOST_CELLS) return joined(rows.flat().map((cell) => blocks(cell, place)).filter(Boolean));
  const texts = rows.map((row) => row.flatMap((cell) => [cellText(cell), ...Array(Math.min(cell.colSpan, 20) - 1).fill("")]));
  const full = texts.filter((row) => row.some(Boolean));
  const width = Math.max(...full.map((row) => row.length), 0);
  if (!width) return "";
  const line = (row) => `| ${Array.from({ length: width }, (_, at) => row[at] ?? "").join(" | ")} |`;
  // A heading is bold by itself.
  const [head, ...body] = full;
  return [line(head.map((text) => text.replace(/^\*\*(.*)\*\*$/, "$1"))), `|${" --- |".repeat(width)}`, ...body.map(line)].join("\n");
}

const cellText = (cell) => tidy(blocks(cell, { depth: 0 })).replace(/\|/g, "\\|").replace(/^#+ /gm, "").replace(/\s*\n+\s*/g, " ");

function inlines(node) {
  return [...children(node)].map((child) => (isBlock(child) ? ` ${inlines(child)} ` : inline(child))).join("");
}

function inline(node) {
  if (node.nodeType === 3) return escaped(node.data.replace(/[\s\u00a0]+/g, " "));
  if (node.nodeType !== 1 || isDropped(node)) return "";
  const name = node.tagName;
  if (name === "BR") return "\n";
  if (name === "CODE" || name === "KBD" || name === "SAMP" || name === "TT") return codeOf(node.textContent);
  const text = inlines(node);
  if (name === "A") return linkOf(node, text);
  if (name === "DEL" || name === "S" || name === "STRIKE") return marked(text, "~~");
  const { isBold, isItalic } = looks(node);
  return marked(marked(text, isItalic ? "_" : ""), isBold ? "**" : "");
}

// Google Docs wraps all in a <b> that is not bold, and makes what is bold by style.
function looks(node) {
  const style = node.getAttribute("data-style") ?? "";
  const weight = /(?:^|;)\s*font-weight:\s*(\w+)/i.exec(style)?.[1];
  const isBoldTag = node.tagName === "B" || node.tagName === "STRONG";
  const isBold = weight ? /^(bold|bolder|[6-9]00)$/i.test(weight) : isBoldTag;
  const slant = /(?:^|;)\s*font-style:\s*(\w+)/i.exec(style)?.[1];
  const isItalic = slant ? slant === "italic" : node.tagName === "I" || node.tagName === "EM";
  return { isBold, isItalic };
}

function marked(text, mark) {
  if (!mark || !text.trim() || text.includes("\n\n")) return text;
  const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(text);
  // Bold within bold, and two bold pieces side by side, say it once.
  const plain = inner.startsWith(mark) && inner.endsWith(mark) && inner.length > 2 * mark.length ? inner.slice(mark.length, -mark.length) : inner;
  return `${before}${plain.split("\n").map((line) => (line.trim() ? `${mark}${line.trim()}${mark}` : line)).join("\n")}${after}`;
}

function linkOf(node, text) {
  const address = (node.getAttribute("href") ?? "").trim();
  const shown = trimLine(text);
  if (!/^(https?:|mailto:|tel:)/i.test(address) || !shown) return text;
  const clean = address.replace(/[()\s]/g, (sign) => encodeURIComponent(sign).replace("(", "%28").replace(")", "%29"));
  const bare = shown.replace(/\\/g, "");
  if (bare === address || bare === address.replace(/^(mailto:|tel:)/i, "") || `${bare}/` === address) return bare;
  return `[${shown.replace(/\n/g, " ")}](${clean})`;
}

function codeOf(text) {
  const mark = text.includes("`") ? "``" : "`";
  return text.trim() ? `${mark}${text.replace(/\s+/g, " ")}${mark}` : "";
}

// Only signs that would become something else: a text with a star in it stays readable.
const escaped = (text) => text.replace(/([*_`[\]])(?=\S)/g, (sign, _1, at, all) => (sign === "_" && /\w/.test(all[at - 1] ?? "") && /\w/.test(all[at + 1] ?? "") ? sign : sign === "]" || sign === "[" ? sign : `\\${sign}`));
const escapeStart = (text) => text.replace(/^(#{1,6} |> |[-+] |\d+\. )/gm, (sign) => `\\${sign}`.replace(/^\\(\d+)\. /, "$1\\. "));

const trimLine = (text) => text.replace(/[ \t]*\n[ \t]*/g, "\n").replace(/ {2,}/g, " ").replace(/\*\*\*\*|____/g, "").trim();
const tidy = (text) => text.replace(/\u00a0/g, " ").replace(/\u200b|\ufeff/g, "").replace(/[ \t]+$/gm, "").replace(/\n{3,}/g, "\n\n").trim();

const children = (node) => [...node.childNodes].filter((child) => child.nodeType !== 1 || !isDropped(child));
// Of Word's own elements (o:p, w:sdt) the words are kept and the form is not.
const isBlock = (node) => node.nodeType === 1 && (BLOCKS.has(node.tagName) || (!isDropped(node) && node.tagName.includes(":") && [...node.children].some(isBlock)) || ((node.tagName === "B" || node.tagName === "SPAN" || node.tagName === "A" || node.tagName === "FONT" || node.tagName === "TBODY") && !isDropped(node) && [...node.children].some(isBlock)));
function isDropped(node) {
  const style = node.getAttribute?.("data-style") ?? "";
  return DROPPED.has(node.tagName.toUpperCase()) || /display:\s*none|mso-hide:\s*all|mso-element:\s*(comment|field)/i.test(style);
}
