export { type ClonedPolicy, type CloneOptions, cloneBehaviour } from "./clone.js";
export * from "./logs.js";
export * from "./offline-q.js";
