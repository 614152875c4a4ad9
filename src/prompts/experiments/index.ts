export * from "./allocation.js";
export {
  type ExperimentDefinition,
  type ExperimentOptions,
  type Guardrail,
  parseDefinition,
} from "./definition.js";
export * from "./evaluate.js";
export * from "./evidence.js";
export * from "./plan.js";
export * from "./track-and-stop.js";
