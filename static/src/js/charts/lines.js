// Lines, areas and bars over categories: trends, shares, ages, distributions.
import { faded } from "./colours.js";
import { axisText, splitLine, tooltip } from "./parts.js";

const MIN_NAME = 52;

export const lines = {
  option(data, colours, width) {
    return {
      grid: { left: 8, right: 12, top: data.axis ? 32 : data.marks?.length ? 22 : 12, bottom: 4, containLabel: true },
      tooltip: {
        ...tooltip(colours),
        trigger: "axis",
        axisPointer: { type: data.series.some((one) => one.as === "bar") ? "shadow" : "line", lineStyle: { color: colours.control }, shadowStyle: { color: faded(colours["ink-3"], 0.1) } },
        formatter: (parts) => told(data, parts[0].dataIndex),
      },
      xAxis: {
        type: "category",
        data: data.x,
        boundaryGap: data.series.some((one) => one.as === "bar"),
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
        axisLabel: { ...axisText(colours), ...room(data, width) },
      },
      yAxis: {
        type: "value",
        max: data.max ?? null,
        interval: data.max === 100 ? 25 : null,
        minInterval: data.whole ? 1 : 0,
        splitNumber: 4,
        name: data.axis || "",
        nameLocation: "end",
        nameTextStyle: { ...axisText(colours), align: "left" },
        axisLabel: axisText(colours),
        splitLine: splitLine(colours),
      },
      series: data.series.map((one, place) => series(data, one, place, colours)),
    };
  },

  /** A row of points for each series. */
  rows: (data) =>
    data.series.map((one, series) =>
      data.x.map((x, at) => ({
        says: [one.name, data.names?.[at] ?? x, one.words[at]].filter(Boolean).join(" · "),
        url: one.urls?.[at],
        tip: { type: "showTip", seriesIndex: series, dataIndex: at },
      })),
    ),

  urlOf: (data, event) => (event.componentType === "series" ? data.series[event.seriesIndex]?.urls?.[event.dataIndex] : null),
};

// Names of few points stand in two lines where there is room; else the chart leaves some out.
function room(data, width) {
  const each = (width - 50) / data.x.length;
  return each >= MIN_NAME ? { interval: 0, width: each - 8, overflow: "break", lineHeight: 14 } : { hideOverlap: true };
}

function series(data, one, place, colours) {
  const colour = colours[one.colour] ?? colours.accent;
  const common = {
    name: one.name,
    data: one.values,
    stack: data.stacked ? "all" : undefined,
    itemStyle: { color: colour },
    cursor: one.urls ? "pointer" : "default",
    markLine: place === 0 ? marks(data, colours) : undefined,
    emphasis: { focus: "none" },
  };
  if (one.as === "bar") {
    return {
      ...common,
      type: "bar",
      barMaxWidth: 34,
      itemStyle: { color: colour, borderRadius: data.stacked ? 0 : [3, 3, 0, 0], borderColor: colours.card, borderWidth: data.stacked ? 1 : 0 },
      label: one.tag ? { show: true, formatter: ({ value }) => (value >= 12 ? one.tag : ""), color: colours.card, fontFamily: colours.font, fontSize: 11, fontWeight: 650 } : undefined,
    };
  }
  return {
    ...common,
    type: "line",
    connectNulls: false,
    symbol: "circle",
    symbolSize: 6,
    showSymbol: data.x.length <= 31,
    lineStyle: { color: colour, width: 2, type: one.dash ? "dashed" : "solid" },
    areaStyle: one.as === "area" ? { color: faded(colour, 0.16) } : undefined,
  };
}

// Where a rule or a policy changed. They are numbered; the list below the chart says what each was.
function marks(data, colours) {
  if (!data.marks?.length) return undefined;
  return {
    symbol: "none",
    silent: true,
    animation: false,
    lineStyle: { color: colours["ink-3"], type: [4, 3], width: 1 },
    label: { formatter: ({ name }) => name, color: colours["ink-2"], fontFamily: colours.font, fontSize: 11, fontWeight: 650, distance: 2 },
    data: data.marks.map((mark) => ({ name: mark.number, xAxis: mark.x })),
  };
}

function told(data, at) {
  const rows = data.series.map((one) => (one.words[at] ? `${one.name}: ${one.words[at]}` : "")).filter(Boolean);
  return [`{b|${data.names?.[at] ?? data.x[at]}}`, ...rows].join("\n");
}
