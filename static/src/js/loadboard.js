// Dragging a ticket to somebody else sets the list on its card, and that sends its form: one road for both.
import { on } from "./page.js";

export function startLoadBoard() {
  let dragged = null;
  on("dragstart", "[data-load-card]", (event, card) => {
    dragged = card;
    card.setAttribute("data-dragged", "");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.loadCard);
  });
  on("dragend", "[data-load-card]", () => {
    document.querySelectorAll("[data-drop]").forEach((column) => column.removeAttribute("data-drop"));
    dragged?.removeAttribute("data-dragged");
    dragged = null;
  });
  on("dragover", "[data-load-column]", (event, column) => {
    if (!dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    column.setAttribute("data-drop", "");
  });
  on("dragleave", "[data-load-column]", (event, column) => {
    if (!column.contains(event.relatedTarget)) column.removeAttribute("data-drop");
  });
  on("drop", "[data-load-column]", (event, column) => {
    if (!dragged) return;
    event.preventDefault();
    const select = dragged.querySelector("select[name=to]");
    const to = column.dataset.loadColumn === "0" ? "" : column.dataset.loadColumn;
    if (select.value === to) return;
    select.value = to;
    select.form.requestSubmit();
  });
  // The board does not refresh under somebody's hands.
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const board = event.detail.elt;
    if (!board.matches("[data-load-board]")) return;
    if (dragged || board.contains(document.activeElement?.closest("select"))) event.preventDefault();
  });
  // What was refused is again where it was.
  document.body.addEventListener("htmx:responseError", (event) => {
    const form = event.detail.elt;
    if (form.closest("[data-load-card]")) form.reset();
  });
}
