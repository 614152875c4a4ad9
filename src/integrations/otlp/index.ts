/** OTLP in: spans that other programs recorded become runs in a store. @module */
export { createOtlpHandler, type OtlpHandler, type OtlpHandlerOptions } from "./handler.js";
export { importOtlp, type OtlpImported, type OtlpOptions } from "./import.js";
