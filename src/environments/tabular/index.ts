export * from "./model.js";
export * from "./tabular-env.js";
export * from "./value-iteration.js";
export * from "./worlds.js";
