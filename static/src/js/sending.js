// A reply on its way: what is left of the time to undo, wherever one goes meanwhile; keys for "send and …"; and which
// ready-made texts went into what is written.
import { all, csrfToken, htmx, make, on, onContent, words } from "./page.js";
import { toast } from "./toasts.js";
import { refresh, visit } from "./visit.js";

const KEPT = "tierdesk:leaving";
const AFTER = 1500;

export function startSending() {
  document.body.addEventListener("replyLeaving", ({ detail: { key, number, at } }) => {
    sessionStorage.setItem(KEPT, JSON.stringify({ key, number, at }));
    showBar();
  });
  document.body.addEventListener("tierdesk:page", showBar);
  onContent((root) => all(root, "[data-leaves-at]").forEach(watch));
  showBar();
  document.body.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => elt.closest?.(".macro-row") && renewKey(elt));
  // Before the plain Ctrl+Enter of forms.js.
  document.addEventListener("keydown", sendAnd, true);
  on("click", "[data-canned]", (_, button) => noteUse(document.getElementById(button.dataset.insertInto)?.form, button.dataset.canned));
}

// The menu stays as it is, for an answer must find whoever asked; the same macro may be run once more.
function renewKey(form) {
  const key = form.elements?.submission;
  if (key) key.value = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Say in the form which ready-made text was put into it: its use is counted when it is sent. */
export function noteUse(form, key) {
  if (!form || !key || form.querySelector(`input[name=used][value="${CSS.escape(String(key))}"]`)) return;
  form.append(make("input", { type: "hidden", name: "used", value: key }));
}

/** A macro that was chosen by typing: what it would do is shown, for one was about to write. */
export async function runMacro(url) {
  const modal = document.getElementById("modal");
  if (!modal) return location.assign(url);
  await htmx.ajax("GET", url, { target: "#modal-body", swap: "innerHTML" });
  if (!modal.open) modal.showModal();
}

function sendAnd(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.shiftKey === event.altKey) return;
  const form = event.target.closest?.("form.composer");
  const button = form?.querySelector(`[data-send-key="${event.shiftKey ? "shift" : "alt"}"]`);
  if (!button || button.closest("[hidden]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.requestSubmit(button);
}

const left = (at) => Math.max(0, Math.ceil((Date.parse(at) - Date.now()) / 1000));

// The card in the conversation: it counts, and asks for the page once more when its time has come.
function watch(card) {
  const time = card.querySelector("[data-leaves]");
  const at = card.dataset.leavesAt;
  const wait = Date.parse(at) - Date.now();
  if (wait > 24 * 3600 * 1000) return;
  const step = () => {
    if (!card.isConnected) return;
    if (time) time.textContent = words("seconds", { n: left(at) });
    if (left(at)) setTimeout(step, 1000);
    else setTimeout(again, AFTER);
  };
  // The worker may be a moment late: it is asked for until it has left.
  const again = () => {
    if (!card.isConnected) return;
    refresh();
    setTimeout(again, 2 * AFTER);
  };
  setTimeout(step, time ? 0 : Math.max(0, wait));
}

// On every other page: one line that says what leaves, and takes it back.
function showBar() {
  document.getElementById("leaving-bar")?.remove();
  const leaving = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!leaving) return;
  if (!left(leaving.at)) return sessionStorage.removeItem(KEPT);
  if (document.getElementById(`outgoing-${leaving.key}`)) return;
  const count = make("span", { class: "num", "aria-hidden": true });
  const button = (name, text, look = "") => {
    const element = make("button", { type: "button", class: `btn small ${look}` }, words(text));
    element.addEventListener("click", () => press(leaving, name));
    return element;
  };
  const bar = make(
    "div",
    { id: "leaving-bar", class: "leaving-bar", role: "status" },
    make("span", {}, words("replyLeaving", { number: leaving.number })),
    count,
    button("undo", "undo", "primary"),
    button("now", "sendNow"),
  );
  const step = () => {
    if (!bar.isConnected) return;
    count.textContent = words("seconds", { n: left(leaving.at) });
    if (left(leaving.at)) return setTimeout(step, 1000);
    bar.remove();
    sessionStorage.removeItem(KEPT);
  };
  document.body.append(bar);
  step();
}

async function press(leaving, name) {
  const headers = { "X-CSRFToken": csrfToken(), "HX-Request": "true", "HX-Current-URL": location.href };
  const response = await fetch(`/desk/outgoing/${leaving.key}/${name}/`, { method: "POST", headers }).catch(() => null);
  if (!response) return toast(words("offline"), "bad");
  document.getElementById("leaving-bar")?.remove();
  sessionStorage.removeItem(KEPT);
  const told = JSON.parse(response.headers.get("HX-Trigger") ?? "{}");
  if (told.toast) return toast(told.toast.text, told.toast.level);
  if (name === "undo" && told.visit) return visit(told.visit.url);
  refresh();
}
