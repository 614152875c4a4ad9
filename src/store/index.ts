export { factsAfter, factsOfRuns } from "./facts-of-runs.js";
export { openFileStore } from "./file-store.js";
export type { FileStoreOptions } from "./file-store-options.js";
export * from "./learning-store.js";
export { createMemoryStore, type MemoryStoreOptions } from "./memory-store.js";
