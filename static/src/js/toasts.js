// Short messages in a corner. Good news leaves by itself; bad news waits to be read.
import { make, on, onContent, all, words } from "./page.js";

const STAY = 6000;
// What can be undone stays long enough to think about it; later the page of the act still offers it.
const STAY_WITH_FORM = 20_000;

export function toast(text, level = "info") {
  const list = document.getElementById("toasts");
  if (!list) return;
  const close = make("button", { type: "button", class: "btn quiet small icon", "data-toast-close": true, "aria-label": words("close") }, "×");
  const item = make("div", { class: `toast ${level}`, "data-toast": level }, make("span", { class: "grow" }, text), close);
  list.append(item);
  expire(item);
}

export function startToasts() {
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && detail.elt.closest?.("[data-toast]")?.remove());
  on("click", "[data-toast-close]", (_, button) => button.closest("[data-toast]").remove());
  document.body.addEventListener("toast", ({ detail }) => toast(detail.text, detail.level));
  onContent((root) => all(root, "[data-toast]").forEach(expire));
}

function expire(item) {
  if (["bad", "warn"].includes(item.dataset.toast) || item.dataset.timed) return;
  item.dataset.timed = "yes";
  const leave = () => (item.matches(":hover, :focus-within") ? setTimeout(leave, STAY) : item.remove());
  setTimeout(leave, item.querySelector("form") ? STAY_WITH_FORM : STAY);
}
