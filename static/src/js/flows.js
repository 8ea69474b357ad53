// The drawing of a script is wider than its place: it begins where the run stands, else at its start.
import { all, onContent } from "./page.js";

export function startFlows() {
  onContent((root) => all(root, ".flow-wrap").forEach(bringIntoView));
}

function bringIntoView(wrap) {
  const step = wrap.querySelector(".here") ?? wrap.querySelector(".start");
  if (!step) return;
  const [outer, inner] = [wrap.getBoundingClientRect(), step.getBoundingClientRect()];
  wrap.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  if (inner.bottom > outer.bottom) wrap.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
}
