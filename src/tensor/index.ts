export * from "./adam.js";
export * from "./backend.js";
export * from "./choose-engine.js";
export * from "./engine.js";
export * from "./init.js";
export * from "./plain-engine.js";
export * from "./scaling.js";
export * from "./tensorflow-engine.js";
