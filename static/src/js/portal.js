import { startCore } from "./core.js";
import { startInstalling } from "./installing.js";
import { startOffline } from "./offline.js";
import { startRequests } from "./requests.js";

// First: before anything else hears of a form that cannot be sent.
startOffline();
startCore();
startInstalling();
startRequests();
