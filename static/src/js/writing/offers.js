// What is offered while one types: ready-made texts behind / at a line's start, people and teams behind @, tickets behind
// # or TD-, articles behind [[. The text area keeps the focus; arrows choose, Enter and Tab take, Escape goes on typing.
import { make, words } from "../page.js";
import { noteUse, runMacro } from "../sending.js";
import { typeOver } from "../typed.js";

const WAIT = 120;
/** Behind what each begins, up to the cursor; the group holds what is looked for. */
const SIGNS = [
  { what: "canned", sign: /(?:^|\n)\/([^\n/]{0,60})$/, length: 1 },
  { what: "mention", sign: /(?:^|[\s(,;>])@((?:[\p{L}\d.'-]+ ?){0,4})$/u, length: 1 },
  { what: "ticket", sign: /(?:^|[\s(])#([\p{L}\d][^\n#]{0,50})$/u, length: 1 },
  { what: "ticket", sign: /(?:^|[\s(])(TD-\d{1,12})$/i, length: 0 },
  { what: "article", sign: /\[\[([^\]\n]{0,60})$/, length: 2 },
];
const KINDS = { canned: "offeredCanned", mention: "offeredMentions", ticket: "offeredTickets", article: "offeredArticles" };

export function startOffers(area) {
  const list = make("ul", { class: "offers", role: "listbox", id: `${area.id}-offers`, "aria-label": words("offers"), hidden: true });
  const told = make("p", { class: "vh", role: "status" });
  area.after(list, told);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  const known = new Map();
  let open = null;
  let left = "";
  let timer = 0;

  const close = () => {
    clearTimeout(timer);
    open = null;
    list.hidden = true;
    area.removeAttribute("aria-activedescendant");
  };

  const look = () => {
    clearTimeout(timer);
    const found = signAt(area);
    if (!found || isLeft(found)) return close();
    if (open && open.what !== found.what) close();
    timer = setTimeout(() => ask(found), known.has(keyOf(area, found)) ? 0 : WAIT);
  };

  const isLeft = (found) => left === `${found.what} ${found.start}`;

  const ask = async (found) => {
    const key = keyOf(area, found);
    if (!known.has(key)) {
      const answer = await offersFor(area, found);
      if (!answer) return close();
      known.set(key, answer);
    }
    // They may have typed on meanwhile.
    const now = signAt(area);
    if (!now || now.query !== found.query || now.start !== found.start || document.activeElement !== area) return;
    show(found, known.get(key));
  };

  const show = (found, offers) => {
    if (!offers.length) {
      close();
      told.textContent = found.query ? words("noResults") : "";
      return;
    }
    open = { ...found, offers, at: Math.max(0, offers.findIndex((offer) => !offer.why_not)) };
    list.replaceChildren(...offers.map((offer, at) => row(offer, `${list.id}-${at}`)));
    list.hidden = false;
    place(area, list, found.start);
    told.textContent = words(KINDS[found.what], { n: offers.length });
    choose(open.at);
  };

  const choose = (at) => {
    open.at = (at + open.offers.length) % open.offers.length;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === open.at)));
    const item = list.children[open.at];
    area.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };

  const take = async (at) => {
    const offer = open.offers[at];
    if (offer.why_not) {
      told.textContent = `${offer.label}: ${offer.why_not}`;
      return;
    }
    const { start, end } = open;
    close();
    const text = offer.insert ?? "";
    typeOver(area, start, end, text);
    if (offer.run) return runMacro(offer.run);
    // Which ready-made text it was is said with the form: its use is counted.
    if (offer.key) noteUse(area.form, offer.key);
    if (offer.run) runMacro(offer.run);
  };

  area.addEventListener("input", () => {
    if (left && !isLeft(signAt(area) ?? {})) left = "";
    look();
  });
  area.addEventListener("click", look);
  window.addEventListener("resize", () => open && area.isConnected && place(area, list, open.start));
  area.addEventListener("blur", () => setTimeout(() => document.activeElement !== area && close(), 150));
  area.addEventListener("keydown", (event) => {
    if (!open || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(open.at + step);
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey) || (event.key === "Tab" && !event.shiftKey)) take(open.at);
    else if (event.key === "Escape") {
      left = `${open.what} ${open.start}`;
      close();
    } else {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) setTimeout(look);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const at = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (at >= 0) take(at);
  });
  // What may be chosen depends on who will read it.
  area.form?.addEventListener("change", () => {
    known.clear();
    close();
  });
}

function signAt(area) {
  const { value, selectionStart: end, selectionEnd } = area;
  if (end !== selectionEnd) return null;
  const before = value.slice(Math.max(0, end - 120), end);
  const offered = area.dataset.offers.split(" ");
  for (const { what, sign, length } of SIGNS) {
    const found = offered.includes(what) && sign.exec(before);
    if (found) return { what, query: found[1].trim(), start: end - found[1].length - length, end };
  }
  return null;
}

const kindOf = (area) => area.form?.elements.kind?.value ?? "note";
const tierOf = (area) => area.form?.elements.min_tier?.value ?? "";
const keyOf = (area, { what, query }) => `${what} ${kindOf(area)} ${tierOf(area)} ${query.toLowerCase()}`;

/** At most a handful, or null where there is no answer: then one types on as if nothing were offered. */
async function offersFor(area, { what, query }) {
  const url = new URL(what === "canned" ? area.dataset.cannedUrl : area.dataset.offersUrl, location.href);
  for (const [name, value] of Object.entries({ what, q: query, kind: kindOf(area), tier: tierOf(area) })) url.searchParams.set(name, value);
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    const isOffers = answer.ok && !answer.redirected && answer.headers.get("Content-Type")?.startsWith("application/json");
    return isOffers ? (await answer.json()).offers : null;
  } catch {
    return null;
  }
}

function row(offer, id) {
  const why = offer.why_not ? make("small", { class: "why-not" }, offer.why_not) : null;
  const preview = offer.preview ? make("span", { class: "offer-preview" }, offer.preview) : null;
  const sub = offer.sub ? make("small", {}, offer.sub) : null;
  return make("li", { role: "option", id, "aria-selected": "false", "aria-disabled": offer.why_not ? "true" : null }, make("span", { class: "truncate" }, offer.label), sub, why, preview);
}

/** Below the line where the sign stands; a narrow screen gives it the whole width. */
function place(area, list, at) {
  const box = area.getBoundingClientRect();
  const { top, left, line } = caret(area, at);
  const around = list.offsetParent?.getBoundingClientRect() ?? box;
  const below = Math.min(box.top - around.top + top + line + 4, box.bottom - around.top + 2);
  list.style.top = `${below}px`;
  list.style.left = `${Math.max(0, Math.min(box.left - around.left + left, around.width - list.offsetWidth))}px`;
}

// A copy of the text area that can be measured.
function caret(area, at) {
  const style = getComputedStyle(area);
  const copy = make("div", { "aria-hidden": "true" });
  for (const name of ["font", "letterSpacing", "lineHeight", "padding", "border", "boxSizing", "width", "tabSize"]) copy.style[name] = style[name];
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "anywhere", top: "0", left: "0" });
  // Only the line before matters for the side, all before for the height: of a long text the last part will do.
  const mark = make("span", {}, "\u200b");
  copy.append(area.value.slice(0, at), mark);
  document.body.append(copy);
  const place = { top: mark.offsetTop - area.scrollTop, left: mark.offsetLeft, line: mark.offsetHeight };
  copy.remove();
  return place;
}
