// What somebody types survives a reload, a closed tab and an expired session.
import { all, listenWhile, make, moment, onContent, words } from "./page.js";
import { showTabOf } from "./dialogs.js";
import { dropOnServer, keptByServer, serverDraft } from "./server-drafts.js";
import { keptFiles, showFiles } from "./uploads.js";

const ALL = "tierdesk:draft:";
// By person: two who share a browser never read what the other has typed.
const PREFIX = `${ALL}${document.documentElement.dataset.person ?? ""}:`;
const CHOSEN = "chosen in this draft";
const FILES = "files of this draft";
const WEEKS = 14 * 24 * 3600 * 1000;
// By form: what was restored for controls that htmx has yet to bring. It stays part of the draft until they are there.
const awaited = new WeakMap();
// While a draft is being put back its form says half of it.
let isWriting = false;

export function startDrafts() {
  forgetOld();
  document.body.addEventListener("draftSaved", ({ detail }) => {
    const key = detail.key ?? detail.value;
    clear(key);
    const form = document.querySelector(`form[data-draft="${CSS.escape(key)}"]`);
    awaited.delete(form);
    form?.reset();
  });
  for (const meta of document.querySelectorAll('meta[name="draft-clear"]')) meta.content.split(/\s+/).forEach(clear);
  onContent((root) => {
    all(root, "[data-draft-clear]").forEach((marker) => clear(marker.dataset.draftClear));
    all(root, "form[data-draft]").forEach(watch);
    const form = root.closest("form[data-draft]");
    if (awaited.has(form)) writeControls(controls(form).filter((control) => root.contains(control)), awaited.get(form));
  });
}

function watch(form) {
  const key = PREFIX + form.dataset.draft;
  const blank = readBlank(form);
  const kept = load(key);
  // The server may know a newer one, written on another machine; it is in the form already.
  if (kept && kept.at > Number(form.dataset.draftAt ?? 0) && !same(kept.fields, blank)) restore(form, kept, key, blank);
  const keepOnServer = serverDraft(form);
  const restored = () => (form.dataset.draftRestored ? Number(form.dataset.draftRestored) : 0);
  // One that was written on another machine, if it is newer than what stands here; never over what is being typed.
  const lookElsewhere = async () => {
    if (!form.isConnected || form.dataset.draftTouched) return;
    const before = JSON.stringify(read(form));
    const there = await keptByServer(form);
    const isNews = there && there.at > Math.max(load(key)?.at ?? 0, restored()) && !same(there.fields, blank);
    if (isNews && form.isConnected && !form.dataset.draftTouched && JSON.stringify(read(form)) === before) restore(form, there, key, blank, "draftElsewhere");
  };
  if (form.dataset.draftFetch !== undefined) {
    (window.requestIdleCallback ?? setTimeout)(lookElsewhere);
    listenWhile(form, document, "visibilitychange", () => document.visibilityState === "visible" && lookElsewhere());
  }
  let timer = 0;
  const save = ({ isTrusted, target }) => {
    awaitNoMore(form, target);
    if (isTrusted) form.dataset.draftTouched = "yes";
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      keepOnServer(store(form, key, blank));
    }, 300);
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  // The last words before the page goes; a form that htmx has taken away was sent.
  listenWhile(form, window, "pagehide", () => timer && store(form, key, blank));
  // The same where the desk goes to another page without loading it anew.
  listenWhile(form, document.body, "tierdesk:leave", () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    keepOnServer(store(form, key, blank));
  });
}

/** What is in the form now, or null where it is as it was. */
function store(form, key, blank) {
  if (!form.isConnected) return null;
  const fields = withAwaited(form, read(form));
  const untouched = same(fields, blank);
  try {
    if (untouched) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    const time = moment(new Date(), { timeStyle: "short" });
    status(form, words("draftSaved", { time }));
  } catch {
    // A full or forbidden store: the form still works, it only is not kept.
    status(form, "");
  }
  // Where the server has filled in its draft, that is what stands there untouched.
  return untouched && !form.dataset.draftAt ? null : fields;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function restore(form, kept, key, blank, told = "draftRestored") {
  form.dataset.draftRestored = kept.at;
  const names = new Set([...controls(form).map((control) => control.name), FILES]);
  awaited.set(form, Object.fromEntries(Object.entries(kept.fields).filter(([name]) => !names.has(name))));
  write(form, kept.fields);
  // htmx begins to listen when the page is complete: what the answers bring is asked for then.
  const announce = () => form.querySelectorAll(":checked").forEach((answer) => answer.dispatchEvent(new Event("change", { bubbles: true })));
  if (document.readyState !== "complete") document.addEventListener("DOMContentLoaded", announce, { once: true });
  const discard = make("button", { type: "button", class: "btn link" }, words("discard"));
  const note = make("div", { class: "draft-note", role: "status" }, make("span", {}, words(told, { time: moment(new Date(kept.at), { dateStyle: "medium", timeStyle: "short" }) })), discard);
  discard.addEventListener("click", () => {
    localStorage.removeItem(key);
    dropOnServer(form);
    awaited.delete(form);
    write(form, blank);
    note.remove();
  });
  // In place of the note that the server's own draft was put back.
  form.querySelector(".draft-note:not(.callout)")?.remove();
  form.prepend(note);
}

function controls(form) {
  return [...form.elements].filter(
    (control) =>
      control.name &&
      control.name !== "csrfmiddlewaretoken" &&
      control.dataset.noDraft === undefined &&
      !control.closest("[data-no-draft]") &&
      !["password", "file", "submit", "button"].includes(control.type) &&
      // What a person chose by a tab is part of the draft: a note must not come back as a reply.
      (control.type !== "hidden" || control.dataset.draftKeep !== undefined),
  );
}

function read(form) {
  const fields = {};
  // What a picker fetched is in no page that comes later: its name is kept with its value.
  const chosen = {};
  for (const control of controls(form)) {
    const list = (fields[control.name] ??= []);
    if (control.matches("[type=checkbox], [type=radio]")) {
      if (control.checked) list.push(control.value);
      continue;
    }
    if (control.dataset.url) for (const { value, text } of control.selectedOptions) if (value) chosen[value] = text;
    if (control.multiple) list.push(...[...control.selectedOptions].map((option) => option.value));
    else list.push(control.value);
  }
  return { ...fields, [FILES]: keptFiles(form), ...(Object.keys(chosen).length ? { [CHOSEN]: chosen } : {}) };
}

/** The form as the server sent it: after a reload the browser may have filled it in already, and not with all of it. */
function readBlank(form) {
  const sent = new DOMParser().parseFromString(form.outerHTML, "text/html").forms[0];
  return { ...read(form), ...read(sent) };
}

/** With what was restored for controls that are not there (yet): nobody has taken that back. */
function withAwaited(form, fields) {
  const rest = Object.entries(awaited.get(form) ?? {}).filter(([name]) => name !== CHOSEN && !(name in fields));
  if (!rest.length) return fields;
  return { ...Object.fromEntries(rest), ...fields, [CHOSEN]: { ...awaited.get(form)[CHOSEN], ...fields[CHOSEN] } };
}

/** Whoever answers anew what was restored must not find the old answer there when htmx brings the control again. */
function awaitNoMore(form, { name }) {
  const rest = awaited.get(form);
  if (isWriting || !name || !(name in (rest ?? {}))) return;
  if (!same(rest[name], read(form)[name])) delete rest[name];
}

function write(form, fields) {
  showFiles(form, fields[FILES] ?? []);
  writeControls(controls(form), fields);
}

function writeControls(targets, fields) {
  isWriting = true;
  try {
    writeEach(targets, fields);
  } finally {
    isWriting = false;
  }
}

function writeEach(targets, fields) {
  const used = {};
  for (const control of targets) {
    const values = fields[control.name];
    if (!values) continue;
    if (control.dataset.url) values.forEach((value) => offer(control, value, fields[CHOSEN]?.[value]));
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = values.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
    else control.value = values[(used[control.name] = (used[control.name] ?? -1) + 1)] ?? "";
    control.tomselect?.sync();
    showTabOf(control);
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** Puts a choice into a picker that has not fetched it yet. */
function offer(select, value, text) {
  if (text && ![...select.options].some((option) => option.value === value)) select.append(new Option(text, value));
}

function status(form, text) {
  const place = form.querySelector("[data-draft-status]");
  if (place) place.textContent = text;
}

function load(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function clear(name) {
  if (name) localStorage.removeItem(PREFIX + name);
}

function forgetOld() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(ALL) && Date.now() - (load(key)?.at ?? 0) > WEEKS) localStorage.removeItem(key);
  }
}
