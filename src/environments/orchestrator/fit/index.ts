export { type FitOptions, type FittedSimulator, fitSimulator } from "./fit-simulator.js";
export type { FitGoodness } from "./goodness.js";
