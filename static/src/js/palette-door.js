// The palette comes at its first use; on a quiet page a moment after everything else, so that it opens at once.
import { on } from "./page.js";

const load = () => import("./palette.js");

export function startPaletteDoor() {
  on("click", "[data-palette-open]", openPalette);
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 3_000));
  if (!navigator.connection?.saveData) setTimeout(() => idle(load), 2_000);
}

export function openPalette() {
  load().then(({ open }) => open());
}
