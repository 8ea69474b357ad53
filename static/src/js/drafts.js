// What somebody types survives a reload, a closed tab and an expired session.
import { all, make, onContent, words } from "./page.js";

const PREFIX = "tierdesk:draft:";
const WEEKS = 14 * 24 * 3600 * 1000;

export function startDrafts() {
  forgetOld();
  document.body.addEventListener("draftSaved", ({ detail }) => clear(detail.key ?? detail.value));
  for (const meta of document.querySelectorAll('meta[name="draft-clear"]')) meta.content.split(/\s+/).forEach(clear);
  onContent((root) => {
    all(root, "[data-draft-clear]").forEach((marker) => clear(marker.dataset.draftClear));
    all(root, "form[data-draft]").forEach(watch);
  });
}

function watch(form) {
  const key = PREFIX + form.dataset.draft;
  const blank = JSON.stringify(read(form));
  const kept = load(key);
  // A form that the server sent back with errors holds newer words than the draft does.
  if (kept && form.dataset.draftSkip === undefined && JSON.stringify(kept.fields) !== blank) restore(form, kept, key, JSON.parse(blank));
  let timer = 0;
  const save = () => {
    clearTimeout(timer);
    timer = setTimeout(() => store(form, key, blank), 300);
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  window.addEventListener("pagehide", () => form.isConnected && load(key) !== false && timer && store(form, key, blank));
}

function store(form, key, blank) {
  const fields = read(form);
  try {
    if (JSON.stringify(fields) === blank) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    status(form, words("draftSaved", { time: new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) }));
  } catch {
    // A full or forbidden store: the form still works, it only is not kept.
    status(form, "");
  }
}

function restore(form, kept, key, blank) {
  write(form, kept.fields);
  const discard = make("button", { type: "button", class: "btn link" }, words("discard"));
  const note = make("div", { class: "draft-note", role: "status" }, make("span", {}, words("draftRestored", { time: new Date(kept.at).toLocaleString() })), discard);
  discard.addEventListener("click", () => {
    localStorage.removeItem(key);
    write(form, blank);
    note.remove();
  });
  form.prepend(note);
}

function controls(form) {
  return [...form.elements].filter(
    (control) =>
      control.name &&
      control.name !== "csrfmiddlewaretoken" &&
      control.dataset.noDraft === undefined &&
      !control.closest("[data-no-draft]") &&
      !["password", "file", "submit", "button", "hidden"].includes(control.type),
  );
}

function read(form) {
  const fields = {};
  for (const control of controls(form)) {
    const list = (fields[control.name] ??= []);
    if (control.matches("[type=checkbox], [type=radio]")) {
      if (control.checked) list.push(control.value);
    } else if (control.multiple) list.push(...[...control.selectedOptions].map((option) => option.value));
    else list.push(control.value);
  }
  return fields;
}

function write(form, fields) {
  const used = {};
  for (const control of controls(form)) {
    const values = fields[control.name];
    if (!values) continue;
    if (control.matches("[type=checkbox], [type=radio]")) control.checked = values.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
    else control.value = values[(used[control.name] = (used[control.name] ?? -1) + 1)] ?? "";
    control.tomselect?.sync();
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
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
    if (key.startsWith(PREFIX) && Date.now() - (load(key)?.at ?? 0) > WEEKS) localStorage.removeItem(key);
  }
}
