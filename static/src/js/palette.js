// The palette: one field that finds tickets, people, articles, queues, pages of the settings and acts. The server is asked
// once in a pause of typing; acts and pages are found here. The pattern is a combobox with a list below it: focus stays in
// the field, the arrows walk the list.
import { make, words } from "./page.js";
import { keyedOf, keysOf, labelOf, trigger } from "./keyboard.js";
import { knownRecent, remember } from "./recent.js";
import { visit } from "./visit.js";

const PAUSE = 140;
// As the server cuts it (desk/palette.py): a novel that was pasted neither travels nor fails.
const LONGEST = 200;
const MOST_OF_GROUP = 6;

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const note = dialog?.querySelector("[data-palette-note]");

let pages = null;
let acts = [];
let items = [];
let current = -1;
let asking = null;
let timer = 0;

export function open(typed = "") {
  if (!dialog || dialog.open || document.querySelector("dialog[open]")) return;
  pages ??= readPages();
  acts = actsOfPage();
  input.value = typed;
  dialog.showModal();
  input.focus();
  // As if it had been typed: found here at once, and asked for after the pause.
  input.dispatchEvent(new Event("input"));
}

if (dialog) {
  input.addEventListener("input", () => {
    clearTimeout(timer);
    asking?.abort();
    const typed = input.value.trim().slice(0, LONGEST);
    local(typed);
    if (typed) timer = setTimeout(() => ask(typed), PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) move(step);
    else if (event.key === "Enter") run(items[current], event);
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) run(items[Number(option.dataset.at)], event);
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(Number(option.dataset.at), false);
  });
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    asking?.abort();
  });
}

// --- What is found here ---

function local(typed) {
  const groups = typed ? foundHere(typed) : beginning();
  draw(groups, typed);
}

function beginning() {
  return [
    { label: words("recently"), items: knownRecent() },
    ...acts.map((group) => ({ ...group, items: group.items.slice(0, 12) })),
  ];
}

function foundHere(typed) {
  const of = (group) => ({ ...group, items: best(group.items, typed) });
  return [...acts.map(of), ...(Array.isArray(pages) ? pages.map(of) : [])];
}

// Each typed word must be in the name: at the beginning of a word best, then anywhere, then its letters in order in one
// word that begins as it does: over several words there is always something.
function best(all, typed) {
  const asked = folded(typed).split(/\s+/);
  return all
    .map((item) => ({ item, score: scoreOf(folded(item.label), asked) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST_OF_GROUP)
    .map(({ item }) => item);
}

function scoreOf(name, asked) {
  let sum = 0;
  for (const word of asked) {
    const at = name.indexOf(word);
    const score = at === 0 ? 5 : name.includes(` ${word}`) ? 4 : at > 0 ? 2 : word.length > 2 && name.split(" ").some((part) => part[0] === word[0] && inOrder(part, word)) ? 1 : 0;
    if (!score) return 0;
    sum += score;
  }
  return sum - name.length / 200;
}

function inOrder(name, word) {
  let at = -1;
  return [...word].every((letter) => (at = name.indexOf(letter, at + 1)) >= 0);
}

const folded = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/ß/g, "ss");

function actsOfPage() {
  const main = document.getElementById("main");
  const seen = new Set();
  const item = (element) => ({ label: labelOf(element), keys: element.dataset.key, act: () => trigger(element) });
  const once = (list) => list.filter(({ label }) => label && !seen.has(label) && seen.add(label));
  const offered = [...main.querySelectorAll(".acts :is(a, button, summary), .callout :is(a[hx-get], button)")].filter((element) => !element.matches("summary") && !element.disabled);
  const here = once([...offered.map(item), ...keyedOf("page").filter((element) => !element.matches("summary")).map(item)]);
  const bar = main.querySelector("[data-bulk-bar]");
  const n = main.querySelectorAll('[data-bulk] input[name="ticket"]:checked').length;
  const ticked = bar && n ? [...bar.querySelectorAll("button[hx-get]")].map(item) : [];
  return [
    ...(ticked.length ? [{ label: words("actsTicked", { n }), items: ticked }] : []),
    ...(here.length ? [{ label: words("actsHere"), items: here }] : []),
    { label: words("actsEverywhere"), items: everywhere(item) },
  ];
}

function everywhere(item) {
  const next = document.querySelector('.sidenav [data-key="n"]');
  const theme = (name) => ({ label: words(`theme${name[0].toUpperCase()}${name.slice(1)}`), act: () => document.querySelector(`[data-theme-set=${name}]`)?.click() });
  const logOut = document.querySelector('form[action="/accounts/logout/"]');
  return [
    ...(next ? [item(next)] : []),
    ...["light", "dark", "auto"].map(theme),
    ...(logOut ? [{ label: words("logOut"), act: () => logOut.requestSubmit() }] : []),
  ];
}

// Asked once: what this person can go to. Until it is here, everything else is found already.
function readPages() {
  fetch("/desk/palette/pages/")
    .then(async (response) => {
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      pages = [...page.querySelectorAll("[data-group]")].map((group) => ({
        label: group.dataset.group,
        items: [...group.querySelectorAll("a")].map((link) => {
          link.querySelectorAll(".count, kbd").forEach((part) => part.remove());
          const above = link.closest("div:not([data-group])")?.querySelector("h2")?.textContent ?? "";
          return { label: link.textContent.trim().replace(/\s+/g, " "), sub: above, url: link.getAttribute("href") };
        }),
      }));
      if (dialog.open && input.value.trim()) local(input.value.trim().slice(0, LONGEST));
    })
    .catch(() => (pages = null));
  return true;
}

// --- What the server finds ---

async function ask(typed) {
  asking = new AbortController();
  const mine = asking;
  note.textContent = words("searching");
  try {
    const response = await fetch(`/desk/palette/?q=${encodeURIComponent(typed)}`, { signal: mine.signal, headers: { Accept: "application/json" } });
    if (response.redirected) return location.reload(); // the session has ended
    const { groups } = await response.json();
    if (mine !== asking || !dialog.open) return;
    // A number or a name is what one mostly wants: what was found of them stands below the acts that fit by name.
    draw([...foundHere(typed), ...groups], typed, true);
  } catch (error) {
    if (error.name !== "AbortError") note.textContent = words("paletteAway");
  }
}

// --- The list ---

function draw(groups, typed, isWhole = false) {
  const chosen = items[current]?.label;
  items = [];
  const filled = groups.filter((group) => group.items.length);
  // A number is a ticket: it stands first.
  if (/^(td-|#)?\d+$/i.test(typed)) filled.sort((one, other) => Number(Boolean(other.items[0].url?.includes("/tickets/"))) - Number(Boolean(one.items[0].url?.includes("/tickets/"))));
  list.replaceChildren(...filled.map(groupOf));
  const wasCut = input.value.trim().length > LONGEST;
  const none = typed && isWhole && !items.length;
  note.textContent = wasCut ? words("paletteCut", { n: LONGEST }) : none ? words("nothingFound") : typed && isWhole ? words("paletteFound", { n: items.length }) : "";
  const again = typed && isWhole ? items.findIndex((item) => item.label === chosen) : -1;
  choose(again >= 0 ? again : items.length ? 0 : -1);
}

function groupOf({ label, items: own }, n) {
  const id = `palette-group-${n}`;
  return make("div", { role: "group", "aria-labelledby": id }, make("div", { class: "palette-group", id, role: "presentation" }, label), ...own.map(optionOf));
}

function optionOf(item) {
  const at = items.push(item) - 1;
  return make(
    "div",
    { role: "option", id: `palette-${at}`, class: "palette-option", "data-at": at, "aria-selected": "false" },
    make("span", { class: "truncate grow" }, item.label),
    item.sub ? make("small", { class: "dim truncate" }, item.sub) : null,
    item.keys ? keysOf(item.keys) : null,
  );
}

function move(step) {
  if (!items.length) return;
  const last = items.length - 1;
  // One step beyond the end begins anew; a page stops there.
  const to = Math.abs(step) === 1 ? (current + step + items.length) % items.length : Math.max(0, Math.min(last, current + step));
  choose(to);
}

function choose(at, scrolls = true) {
  list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  current = at;
  const option = at < 0 ? null : document.getElementById(`palette-${at}`);
  option?.setAttribute("aria-selected", "true");
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
  if (scrolls) option?.scrollIntoView({ block: "nearest" });
}

function run(item, event) {
  if (!item) return;
  const elsewhere = event.ctrlKey || event.metaKey;
  dialog.close();
  if (item.act) return item.act();
  remember({ label: item.label, sub: item.sub ?? "", url: item.url });
  if (elsewhere) window.open(item.url, "_blank", "noopener");
  else visit(item.url);
}
