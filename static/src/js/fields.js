// Custom fields that are shown for some answers only: which ones is the server's to say, here it is asked.
import { showWhen } from "./forms.js";
import { htmx, on } from "./page.js";

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export function startFields() {
  on("change", "[data-decides]", (_, control) => {
    const part = control.form?.querySelector("[data-decided]");
    if (part) htmx.trigger(part, "decided");
  });
  askAgain();
  keepWhatIsTyped();
}

// An answer that did not come (a slow server, a lost connection) leaves the form without fields that it needs.
function askAgain() {
  const waits = new WeakMap();
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(name, ({ detail: { elt, xhr } }) => {
      if (!elt.matches("[data-decided]") || (xhr.status && xhr.status < 500)) return;
      const wait = Math.min(2 * (waits.get(elt) ?? FIRST_WAIT / 2), LONGEST_WAIT);
      waits.set(elt, wait);
      setTimeout(() => elt.isConnected && htmx.trigger(elt, "decided"), wait);
    });
  }
  document.body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => waits.delete(target));
}

// The answer shows what was typed when it was asked; what has been typed since then is newer.
function keepWhatIsTyped() {
  let typed = new Map();
  const isAsked = (target) => target instanceof Element && target.matches("[data-decided]");
  document.body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (isAsked(target)) typed = new Map([...controls(target)].map((control) => [keyOf(control), stateOf(control)]));
  });
  document.body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    if (!isAsked(target)) return;
    for (const control of controls(target)) {
      const state = typed.get(keyOf(control));
      if (!state) continue;
      if ("checked" in state) control.checked = state.checked;
      else if ("chosen" in state) choose(control, state.chosen);
      else if (control.value !== state.value) control.value = state.value;
    }
    if (target.closest("form")) showWhen(target.closest("form"));
  });
}

const controls = (part) => part.querySelectorAll("input[name]:not([type=hidden]):not([type=file]), textarea, select");
const keyOf = (control) => (["checkbox", "radio"].includes(control.type) ? `${control.name}=${control.value}` : control.name);

function stateOf(control) {
  if (["checkbox", "radio"].includes(control.type)) return { checked: control.checked };
  return control.matches("select") ? { chosen: [...control.selectedOptions].map(({ value, text }) => ({ value, text })) } : { value: control.value };
}

function choose(select, chosen) {
  for (const { value, text } of chosen) {
    // What a picker has fetched is in no answer.
    if (select.dataset.url && ![...select.options].some((option) => option.value === value)) select.append(new Option(text, value));
  }
  const values = chosen.map(({ value }) => value);
  if (select.multiple) for (const option of select.options) option.selected = values.includes(option.value);
  else if ([...select.options].some((option) => option.value === values[0])) select.value = values[0];
}
