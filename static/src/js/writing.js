// Where one writes Markdown: a toolbar, keys, a preview, clean pastes, and offers while one types. All of it comes with
// the first touch of such a text area: a page that is only read does not load it.
import { all, onContent } from "./page.js";

export function startWriting() {
  onContent((root) => {
    for (const area of all(root, "textarea[data-writing]")) {
      const tools = document.querySelector(`[data-writing-tools="${area.id}"]`);
      if (document.activeElement === area) equip(area);
      else area.addEventListener("focus", () => equip(area), { once: true });
      tools?.addEventListener("pointerenter", () => equip(area), { once: true });
      tools?.addEventListener("focusin", () => equip(area), { once: true });
      tools?.addEventListener("click", (event) => first(area, event), { once: true });
    }
  });
}

const equip = (area) => (area.writing ??= import("./writing/area.js").then(({ equip: start }) => start(area)));

// A click that comes before the code is done once more when it is there.
async function first(area, event) {
  const button = event.target.closest("button");
  if (!button || area.dataset.equipped !== undefined) return;
  await equip(area);
  button.click();
}
