// The kinds of charts: what of their data becomes which option of ECharts, their points in order, and where these lead.
import { flow } from "./flow.js";
import { heat } from "./heat.js";
import { lines } from "./lines.js";

export const KINDS = { lines, flow, heat };
