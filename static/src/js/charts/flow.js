// How tickets went through the tiers, as a Sankey diagram.
import { faded } from "./colours.js";
import { tooltip } from "./parts.js";

export const flow = {
  option(data, colours) {
    return {
      tooltip: {
        ...tooltip(colours),
        trigger: "item",
        formatter: ({ dataType, dataIndex }) => (dataType === "edge" ? saysLink(data, data.links[dataIndex]) : saysNode(data.nodes[dataIndex])),
      },
      series: [
        {
          type: "sankey",
          left: 4,
          right: 96,
          top: 10,
          bottom: 10,
          nodeWidth: 12,
          nodeGap: 14,
          draggable: false,
          layoutIterations: 32,
          emphasis: { focus: "adjacency" },
          lineStyle: { color: "source", opacity: 0.34, curveness: 0.5 },
          label: { color: colours.ink, fontFamily: colours.font, fontSize: 12, formatter: ({ dataIndex }) => labelOf(data.nodes[dataIndex]) },
          data: data.nodes.map((node) => ({ name: node.name, depth: node.depth, itemStyle: { color: colours[node.colour], borderWidth: 0 } })),
          links: data.links.map((link) => ({
            source: data.nodes[link.from].name,
            target: data.nodes[link.to].name,
            value: link.n,
            lineStyle: link.colour ? { color: faded(colours[link.colour], 0.6), opacity: 1 } : undefined,
          })),
        },
      ],
    };
  },

  rows: (data) => [
    data.links.map((link, at) => ({
      says: saysLink(data, link),
      url: link.url,
      tip: { type: "highlight", seriesIndex: 0, dataType: "edge", dataIndex: at },
      over: { type: "downplay", seriesIndex: 0 },
    })),
  ],

  urlOf: (data, event) => (event.dataType === "edge" ? data.links[event.dataIndex]?.url : data.nodes[event.dataIndex]?.url),
};

/** Where there is no room for names beside each other, levels alone: "L2", and "↩ L1" for what came back. */
function labelOf({ label, depth }) {
  if (!window.matchMedia("(max-width: 640px)").matches) return label;
  const level = /L\d/.exec(label);
  if (level) return level.index ? `↩ ${level[0]}` : level[0];
  return depth ? label : "";
}

const saysLink = (data, link) => `${data.nodes[link.from].label} → ${data.nodes[link.to].label}: ${link.words}`;
const saysNode = (node) => `${node.label}: ${node.words}`;
