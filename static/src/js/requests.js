// The requester's pages: a list that shrinks while one types, and a way to print.
import { on } from "./page.js";

export function startRequests() {
  on("input", "[data-filter-list]", (_, input) => filter(document.getElementById(input.dataset.filterList), input.value));
  // Enter in a search inside a form looks for something; it does not send the form.
  on("keydown", "[data-filter-list], [data-finder]", (event) => event.key === "Enter" && event.preventDefault());
  on("click", "[data-print]", () => window.print());
  // Words that the address brought are in the form now: after a reload the draft counts, not they.
  const form = document.querySelector("form[data-draft][data-words-from-address]");
  if (form && location.search) history.replaceState(history.state, "", location.pathname + location.hash);
}

/** Leaves the entries that have every word; what is ticked always stays. */
function filter(list, typed) {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const entry of list.querySelectorAll("li:not([data-filter-empty])")) {
    const text = entry.textContent.toLocaleLowerCase();
    entry.hidden = !words.every((word) => text.includes(word)) && !entry.querySelector(":checked");
    shown += entry.hidden ? 0 : 1;
  }
  const nothing = list.querySelector("[data-filter-empty]");
  if (nothing) nothing.hidden = shown > 0;
}
