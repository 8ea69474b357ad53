// A text that is too long says so while it is written. Browsers cut it without a word: what is pasted would be lost.
import { all, make, onContent, words } from "./page.js";

const LONG = 5_000;

export function startLongest() {
  onContent((root) => {
    for (const area of all(root, "textarea[maxlength], textarea[data-longest]")) {
      const longest = Number(area.dataset.longest ?? area.maxLength);
      if (longest < LONG) continue;
      area.removeAttribute("maxlength");
      let note = null;
      const look = () => {
        // As the server counts: an astral sign is one, a line break too.
        const surplus = area.value.length > longest ? [...area.value].length - longest : 0;
        if (surplus <= 0) {
          note?.remove();
          note = null;
          area.setCustomValidity("");
          return;
        }
        const told = words("tooLong", { n: surplus.toLocaleString(document.documentElement.lang), limit: longest.toLocaleString(document.documentElement.lang) });
        note ??= area.parentElement.appendChild(make("p", { class: "error small", role: "alert" }));
        if (note.textContent !== told) note.textContent = told;
        area.setCustomValidity(told);
      };
      area.addEventListener("input", look);
      if (area.value.length > longest) look();
    }
  });
}
