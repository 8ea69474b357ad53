// Small help inside forms. Every form works without any of it.
import { all, on, onContent, words } from "./page.js";
import { toast } from "./toasts.js";
import { typeOver } from "./typed.js";

export function startForms() {
  guardDoubleSubmits();
  on("change", "[data-submit-on-change]", (_, form) => form.requestSubmit());
  on("click", "[data-copy]", async (_, button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(words("copied"), "ok");
  });
  on("click", "[data-print]", () => window.print());
  on("click", "[data-insert-into]", (_, button) => {
    insertText(document.getElementById(button.dataset.insertInto), button.dataset.insertText);
    button.closest("details")?.removeAttribute("open");
  });
  // Where one writes, and anywhere in a dialog: what it begins with may be sent as it is.
  on("keydown", "textarea, dialog[open]", (event, element) => {
    const form = element.form ?? event.target.form ?? element.querySelector("form[method=post]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && form.method !== "dialog") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[type=submit].primary") ?? undefined);
    }
  });
  document.addEventListener("change", (event) => event.target.form && showWhen(event.target.form));
  onContent((root) => {
    all(root, "form").forEach(showWhen);
    all(root, "[data-autosize]").forEach(autosize);
    all(root, ".form-errors").forEach((summary) => summary.focus());
  });
}

/** Puts text where the cursor is, as if it had been typed. */
export function insertText(area, text) {
  if (!area) return;
  const gap = area.selectionStart > 0 && !/\s$/.test(area.value.slice(0, area.selectionStart)) ? "\n" : "";
  typeOver(area, area.selectionStart, area.selectionEnd, gap + text);
}

// The second click on "Send" does nothing; coming back with the browser's Back frees the buttons.
function guardDoubleSubmits() {
  const stopSecond = (event) => {
    if (!event.target.dataset.sending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("submit", stopSecond, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // htmx prevents the browser's own submit and reports its requests below.
    const leavesPage = event.submitter?.formTarget !== "_blank";
    if (event.defaultPrevented || form.method !== "post" || form.dataset.many !== undefined || !leavesPage) return;
    form.dataset.sending = "yes";
    // After this turn, so that the submitter's own name and value are still sent.
    setTimeout(() => busy(form, true));
  });
  document.body.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    if (elt.matches("form")) elt.dataset.sending = "yes";
    busy(elt, true);
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => release(elt));
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
}

function release(element) {
  delete element.dataset.sending;
  busy(element, false);
}

function busy(element, on) {
  const buttons = element.matches("form") ? element.querySelectorAll("button:not([type=button])") : element.matches("button") ? [element] : [];
  for (const button of buttons) {
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

export function showWhen(form) {
  for (const part of form.querySelectorAll("[data-show-when]")) {
    const [name, wanted] = part.dataset.showWhen.split("=");
    const values = new FormData(form).getAll(name);
    const shown = wanted === undefined ? values.some(Boolean) : wanted.split("|").some((value) => values.includes(value));
    part.hidden = !shown;
    // A hidden question must neither block nor answer.
    for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = !shown;
  }
}

// Browsers with field-sizing do this in CSS.
function autosize(area) {
  if (CSS.supports("field-sizing", "content")) return;
  const grow = () => {
    area.rows = Math.min(24, Math.max(area.dataset.rows ?? 3, area.value.split("\n").length + 1));
  };
  area.dataset.rows = area.rows;
  area.addEventListener("input", grow);
  grow();
}
