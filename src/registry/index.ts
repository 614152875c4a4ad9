export { openRegistry, type RegistryOptions } from "./open-registry.js";
export * from "./registry.js";
