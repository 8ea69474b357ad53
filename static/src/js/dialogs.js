// Dialogs, menus, tabs and the drawer: the browser's own elements, and the little they lack.
import { all, make, on, onContent, words } from "./page.js";

export function startDialogs() {
  on("click", "[data-dialog]", (event, button) => openDialog(button.dataset.dialog, button, event));
  on("click", "[data-dialog-close]", (_, button) => button.closest("dialog").close());
  on("click", "dialog", (event, dialog) => {
    if (event.target === dialog && dialog.dataset.keep === undefined) dialog.close();
  });
  // The next thing that is filled into the shared dialog must not show the last one first.
  document.addEventListener("close", ({ target }) => target.id === "modal" && document.getElementById("modal-body")?.replaceChildren(), true);
  // An answer that succeeded asks for its dialog to close.
  document.body.addEventListener("closeDialog", () => document.querySelector("dialog[open]")?.close());
  onContent((root) => all(root, "dialog[data-open]").forEach((dialog) => dialog.open || dialog.showModal()));
  startMenus();
  startTabs();
  startDrawer();
  startConfirm();
}

function openDialog(id, button, event) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  if (button.tagName === "A" && !button.hasAttribute("hx-get")) event.preventDefault();
  const title = button.dataset.dialogTitle;
  const heading = dialog.querySelector("[data-dialog-heading]");
  if (title && heading) heading.textContent = title;
  // What htmx brings takes a moment; what it brought last time is about something else.
  if (button.hasAttribute("hx-get")) document.querySelector(button.getAttribute("hx-target"))?.replaceChildren();
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector(".dialog-body :is(input:not([type=hidden]), select, textarea)"))?.focus();
}

function startMenus() {
  const closeOthers = (inside) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(inside)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeOthers(event.target));
  document.addEventListener("focusin", (event) => closeOthers(event.target));
  on("keydown", "details[data-menu][open]", (event, menu) => {
    const items = [...menu.querySelectorAll(".menu-body :is(a, button)")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function startTabs() {
  onContent((root) => all(root, "[data-tab-field]").forEach((tab) => showTabOf(document.getElementById(tab.dataset.tabField))));
  on("click", "[role=tab]", (_, tab) => selectTab(tab));
  on("keydown", "[role=tab]", (event, tab) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    selectTab(next);
    next.focus();
  });
}

/** After a field was filled in by somebody else (a draft, the browser): its tab says the same. */
export function showTabOf(field) {
  const tab = field && document.querySelector(`[data-tab-field="${field.id}"][data-tab-value="${CSS.escape(field.value)}"]`);
  if (tab && tab.getAttribute("aria-selected") !== "true") selectTab(tab);
}

export function selectTab(tab) {
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = other.dataset.tab && document.getElementById(other.dataset.tab);
    if (panel && other.dataset.tab !== tab.dataset.tab) panel.hidden = true;
  }
  const panel = tab.dataset.tab && document.getElementById(tab.dataset.tab);
  if (panel) panel.hidden = false;
  const field = tab.dataset.tabField && document.getElementById(tab.dataset.tabField);
  if (field) {
    field.value = tab.dataset.tabValue;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function startDrawer() {
  const shell = document.querySelector(".shell");
  if (!shell) return;
  const button = document.querySelector("[data-drawer]");
  const set = (open) => {
    shell.classList.toggle("nav-open", open);
    button?.setAttribute("aria-expanded", String(open));
    if (open) document.querySelector(".sidenav a")?.focus();
  };
  on("click", "[data-drawer]", () => set(!shell.classList.contains("nav-open")));
  on("click", "[data-drawer-close]", () => set(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shell.classList.contains("nav-open")) return;
    set(false);
    button?.focus();
  });
}

// `data-confirm` on a form asks first; its submit button's words name the act.
function startConfirm() {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
      if (!question || form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(question, event.submitter?.textContent.trim()).then((yes) => {
        if (!yes) return;
        form.dataset.confirmed = "yes";
        form.requestSubmit(event.submitter);
        delete form.dataset.confirmed;
      });
    },
    true,
  );
  // hx-confirm asks in the same dialog.
  document.body.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, event.detail.elt.textContent.trim()).then((yes) => yes && event.detail.issueRequest(true));
  });
}

function ask(question, act) {
  return new Promise((resolve) => {
    const dialog = make(
      "dialog",
      { class: "dialog narrow", "aria-label": question },
      make(
        "form",
        { method: "dialog", class: "dialog-body", "data-many": true },
        make("p", {}, question),
        make(
          "div",
          { class: "form-actions" },
          make("button", { class: "btn primary", value: "yes" }, act || words("yes")),
          make("button", { class: "btn", value: "no", autofocus: true }, words("cancel")),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
