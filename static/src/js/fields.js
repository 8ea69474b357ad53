// Custom fields that are shown for some answers only: which ones is the server's to say, here it is asked.
import { showWhen } from "./forms.js";
import { htmx, on } from "./page.js";

export function startFields() {
  on("change", "[data-decides]", (_, control) => {
    const part = control.form?.querySelector("[data-decided]");
    if (part) htmx.trigger(part, "decided");
  });
  keepWhatIsTyped();
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
      else if (control.value !== state.value) control.value = state.value;
    }
    if (target.closest("form")) showWhen(target.closest("form"));
  });
}

const controls = (part) => part.querySelectorAll("input:not([type=hidden]):not([type=file]), textarea, select:not([data-pick])");
const keyOf = (control) => (control.type === "radio" ? `${control.name}=${control.value}` : control.name);
const stateOf = (control) => (["checkbox", "radio"].includes(control.type) ? { checked: control.checked } : { value: control.value });
