export { type ClonedPolicy, cloneBehaviour } from "./clone.js";
export type { CloneOptions } from "./clone-options.js";
export * from "./logs.js";
export * from "./offline-q.js";
export type { OfflineQOptions } from "./offline-q-options.js";
