// Charts of insights: a bundle of its own, loaded only where a page draws some. Every chart stands beside its data as
// a table; what is here is for eyes, and for who walks its points by keys.
import { BarChart, HeatmapChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent, VisualMapContinuousComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { palette } from "./charts/colours.js";
import { readByKeys } from "./charts/keys.js";
import { KINDS } from "./charts/kinds.js";

use([
  BarChart,
  HeatmapChart,
  LineChart,
  SankeyChart,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  SVGRenderer,
]);

const PRINTED_WIDTH = 680;
const drawn = [];
const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
// After the switch has marked the page, and where the system's own choice changes.
new MutationObserver(() => redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
dark.addEventListener("change", () => redraw());
addEventListener("beforeprint", () => redraw({ printed: true }));
addEventListener("afterprint", () => redraw());

function draw(figure) {
  const canvas = figure.querySelector("[data-chart-canvas]");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const chart = init(canvas, null, { renderer: "svg" });
  const one = { chart, canvas, data, kind: KINDS[data.kind] };
  drawn.push(one);
  show(one, palette());
  chart.on("click", (event) => follow(one.kind.urlOf(data, event)));
  onResize(one);
  readByKeys(figure, one, follow);
  toggleTable(figure);
  canvas.dataset.drawn = "yes";
}

function show({ chart, canvas, data, kind }, colours, width = canvas.clientWidth) {
  chart.setOption({ ...kind.option(data, colours, width), animation: !still.matches, animationDuration: 300 }, { notMerge: true });
}

/** Wider or narrower: what is written along the axes has another room. */
function onResize(one) {
  let before = one.canvas.clientWidth;
  new ResizeObserver(() => {
    const now = one.canvas.clientWidth;
    if (now === before) return;
    before = now;
    one.chart.resize();
    show(one, palette());
  }).observe(one.canvas);
}

/** Paper is light, whatever the screen is; and a printed page is as wide as it is. */
function redraw({ printed = false } = {}) {
  const colours = palette({ light: printed });
  for (const one of drawn) {
    const width = printed ? Math.min(PRINTED_WIDTH, one.canvas.clientWidth) : one.canvas.clientWidth;
    one.chart.resize({ width });
    show(one, colours, width);
  }
}

function follow(url) {
  if (url) location.assign(url);
}

function toggleTable(figure) {
  const button = figure.querySelector("[data-chart-toggle]");
  button.addEventListener("click", () => {
    const shows = figure.classList.toggle("shows-table");
    button.setAttribute("aria-expanded", String(shows));
  });
}
