import { startCore } from "./core.js";
import { startRequests } from "./requests.js";

startCore();
startRequests();
