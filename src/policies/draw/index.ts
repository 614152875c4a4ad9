export * from "./mix.js";
export { numbersOf } from "./numbers.js";
export * from "./share.js";
