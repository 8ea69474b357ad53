// Walking a chart by keys: left and right along a row of points, up and down between rows, Enter to the tickets behind.
const ALONG = { ArrowRight: 1, ArrowLeft: -1 };
const BETWEEN = { ArrowDown: 1, ArrowUp: -1 };

/** Each point that is reached is said in the live region below the chart, and shown. */
export function readByKeys(figure, { chart, canvas, data, kind }, follow) {
  const spoken = figure.querySelector("[data-chart-says]");
  const rows = kind.rows(data).filter((row) => row.length);
  if (!rows.length) return;
  let row = 0;
  let at = -1;
  let shown = null;

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const end = rows[row].length - 1;
    if (event.key in ALONG) at = at < 0 && ALONG[event.key] < 0 ? end : clamp(at + ALONG[event.key], end);
    else if (event.key in BETWEEN) [row, at] = [clamp(row + BETWEEN[event.key], rows.length - 1), Math.max(0, at)];
    else if (event.key === "Home") at = 0;
    else if (event.key === "End") at = end;
    else if (event.key === "Enter" && at >= 0) return follow(rows[row][at].url);
    else if (event.key === "Escape") return leave();
    else return;
    event.preventDefault();
    // Single letters and arrows are shortcuts of lists elsewhere on the page.
    event.stopPropagation();
    say();
  });
  canvas.addEventListener("blur", leave);

  function say() {
    at = clamp(at, rows[row].length - 1);
    const point = rows[row][at];
    if (shown?.over) chart.dispatchAction(shown.over);
    chart.dispatchAction(point.tip);
    spoken.textContent = point.says;
    shown = point;
  }

  function leave() {
    if (shown?.over) chart.dispatchAction(shown.over);
    chart.dispatchAction({ type: "hideTip" });
    spoken.textContent = "";
    [at, shown] = [-1, null];
  }
}

const clamp = (value, end) => Math.min(end, Math.max(0, value));
