export * from "./distribution.js";
export * from "./fit/index.js";
export * from "./orchestrator-env.js";
export * from "./serve.js";
export * from "./simulate.js";
export * from "./value-iteration.js";
export * from "./world.js";
export * from "./worlds.js";
