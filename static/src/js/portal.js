import { startCore } from "./core.js";
import { startInstalling } from "./installing.js";
import { startOffline } from "./offline.js";
import { startRequests } from "./requests.js";

// First: before anything else hears of a form that cannot be sent.
startOffline();
startCore();
startInstalling();
startRequests();

const live = document.querySelector('meta[name="live"]')?.content;
if (live) import("./live/portal.js").then(({ startLive }) => startLive(live));
