// One text area with all that helps in it.
import { startFormat } from "./format.js";
import { startOffers } from "./offers.js";
import { startPaste } from "./paste.js";
import { startPreview } from "./preview.js";

export function equip(area) {
  if (area.dataset.equipped !== undefined) return;
  area.dataset.equipped = "";
  const tools = document.querySelector(`[data-writing-tools="${area.id}"]`);
  startFormat(area, tools);
  startPaste(area);
  if (tools) startPreview(area, tools);
  if (area.dataset.offers) startOffers(area);
}
