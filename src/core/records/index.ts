export * from "./check-fact.js";
export * from "./common.js";
export * from "./decision.js";
export type * from "./facts.js";
export * from "./feedback.js";
export * from "./feedback-view.js";
export * from "./rating.js";
export * from "./trace.js";
