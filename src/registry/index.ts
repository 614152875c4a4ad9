export { openRegistry, type RegistryOptions } from "./open-registry.js";
export * from "./registry.js";
export { blobNamesIn, DOCUMENT_PREFIX as REGISTRY_PREFIX } from "./registry-document.js";
