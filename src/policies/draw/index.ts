export * from "./mix.js";
export type { DrawKeys } from "./numbers.js";
export { numbersOf } from "./numbers.js";
export * from "./share.js";
