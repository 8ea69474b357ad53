// Ticking rows of a queue, and the bar of acts that then appears.
import { all, on, onContent, words } from "./page.js";

const BOXES = 'input[type="checkbox"]:is([name="ticket"], [data-bulk-box])';

export function startBulk() {
  on("change", "[data-select-all]", (_, box) => {
    for (const other of box.closest("[data-bulk]").querySelectorAll(BOXES)) other.checked = box.checked;
    update(box.closest("[data-bulk]"));
  });
  let last = null;
  // Shift and click takes the range, as in a mail program.
  on("click", `[data-bulk] ${BOXES}`, (event, box) => {
    const boxes = [...box.closest("[data-bulk]").querySelectorAll(BOXES)];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((other) => (other.checked = box.checked));
    last = box;
  });
  on("change", `[data-bulk] ${BOXES}`, (_, box) => update(box.closest("[data-bulk]")));
  // All of the list, not only this page: the boxes say so, and one change of a box ends it.
  on("click", "[data-bulk-all]", (_, button) => {
    const form = button.closest("[data-bulk]");
    const all = button.getAttribute("aria-pressed") !== "true";
    form.querySelectorAll(BOXES).forEach((box) => (box.checked = all));
    update(form, all);
  });
  on("click", "[data-bulk-none]", (_, button) => {
    const form = button.closest("[data-bulk]");
    form.querySelectorAll(BOXES).forEach((box) => (box.checked = false));
    update(form);
  });
  onContent((root) => all(root, "[data-bulk]").forEach((form) => update(form)));
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-bulk]").forEach((form) => update(form)));
}

function update(form, isWhole = false) {
  const boxes = [...form.querySelectorAll(BOXES)];
  const chosen = boxes.filter((box) => box.checked).length;
  const bar = form.querySelector("[data-bulk-bar]");
  if (bar) {
    bar.hidden = chosen === 0;
    const all = bar.querySelector("input[name=all]");
    if (all) all.disabled = !isWhole;
    bar.querySelector("[data-bulk-all]")?.setAttribute("aria-pressed", String(isWhole));
    for (const number of bar.querySelectorAll("[data-bulk-count]")) number.textContent = isWhole ? words("allOfList") : chosen;
  }
  const every = form.querySelector("[data-select-all]");
  if (every) {
    every.checked = chosen > 0 && chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}
