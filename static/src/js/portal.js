import { startCore } from "./core.js";

startCore();
