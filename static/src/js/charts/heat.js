// Weekdays by hours: when tickets arrive.
import { axisText, tooltip } from "./parts.js";

export const heat = {
  option(data, colours) {
    return {
      grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
      tooltip: { ...tooltip(colours), trigger: "item", formatter: ({ value: [x, y] }) => says(data, x, y) },
      xAxis: {
        type: "category",
        data: data.x,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { ...axisText(colours), hideOverlap: true },
      },
      yAxis: { type: "category", data: data.y, inverse: true, axisLine: { show: false }, axisTick: { show: false }, axisLabel: axisText(colours) },
      visualMap: {
        show: false,
        min: 0,
        max: Math.max(1, ...data.values.flat()),
        inRange: { color: [colours.hover, colours.accent] },
      },
      series: [
        {
          type: "heatmap",
          data: data.values.flatMap((row, y) => row.map((n, x) => [x, y, n])),
          itemStyle: { borderColor: colours.card, borderWidth: 2, borderRadius: 3 },
          emphasis: { itemStyle: { borderColor: colours.ink } },
        },
      ],
    };
  },

  rows: (data) =>
    data.values.map((row, y) =>
      row.map((n, x) => ({ says: says(data, x, y), url: n && data.url ? `${data.url}${y}_${x}` : null, tip: { type: "showTip", seriesIndex: 0, dataIndex: y * row.length + x } })),
    ),

  urlOf: (data, { value: [x, y, n] = [] }) => (n && data.url ? `${data.url}${y}_${x}` : null),
};

const says = (data, x, y) => `${data.y[y]} ${data.names[x]}: ${data.words[y][x]}`;
