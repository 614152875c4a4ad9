export * from "./common.js";
export * from "./decision.js";
export * from "./feedback.js";
export * from "./feedback-view.js";
export * from "./trace.js";
