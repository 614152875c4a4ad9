export * from "./mix.js";
export * from "./numbers.js";
export * from "./share.js";
