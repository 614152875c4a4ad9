/** Langfuse: its exported traces, observations and scores become runs and judgements. @module */
export { importLangfuse, type LangfuseImported, type LangfuseOptions } from "./import.js";
export type { LangfuseRecord } from "./records.js";
