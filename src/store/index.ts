export { factsAfter, factsOfRuns } from "./facts-of-runs.js";
export { type FileStoreOptions, openFileStore } from "./file-store.js";
export * from "./learning-store.js";
export { createMemoryStore, type MemoryStoreOptions } from "./memory-store.js";
