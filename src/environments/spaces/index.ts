export * from "./box.js";
export * from "./dict-space.js";
export * from "./discrete.js";
export * from "./multi-discrete.js";
export * from "./space.js";
