export * from "./episode-statistics.js";
export * from "./normalize-observation.js";
export * from "./time-limit.js";
export * from "./wrapper.js";
