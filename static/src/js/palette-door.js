// The palette comes at its first use; on a quiet page a moment after everything else, so that it opens at once.
import { on } from "./page.js";

let palette = null;
let loading = null;
// What is typed while it is on its way is typed into it.
let typed = null;

const load = () =>
  (loading ??= import("./palette.js")
    .then((module) => (palette = module))
    .catch((error) => {
      loading = typed = null;
      throw error;
    }));

export function startPaletteDoor() {
  on("click", "[data-palette-open]", openPalette);
  document.addEventListener("keydown", keepTyped, true);
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 3_000));
  if (!navigator.connection?.saveData) setTimeout(() => idle(() => load().catch(() => {})), 2_000);
}

export function openPalette() {
  if (palette) return palette.open();
  typed ??= "";
  load().then(({ open }) => {
    open(typed ?? "");
    typed = null;
  });
}

function keepTyped(event) {
  if (typed === null || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  typed += event.key;
}
