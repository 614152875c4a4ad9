export * from "./allocation.js";
export {
  type ContextualResult,
  learnContextualPolicy,
  type VariantRow,
} from "./contextual.js";
export {
  definitionDigest,
  type ExperimentDefinition,
  type ExperimentOptions,
  experimentDefinitionSchema,
  type Guardrail,
  type Prove,
  parseDefinition,
} from "./definition.js";
export * from "./evaluate.js";
export * from "./evidence.js";
export { EXPERIMENT_FIELD, PROMPT_POINT, STRATUM_FIELD, UNIT_FIELD } from "./fields.js";
export { type ExperimentToJudge, type Judgement, judgeExperiment } from "./judge.js";
export type { Outcome } from "./outcome.js";
export { outcomesOf } from "./outcomes.js";
export { type PerformancePoint, performanceOf, type VersionPerformance } from "./performance.js";
export * from "./plan.js";
export { answerFrom, type PromptQuestions, type PromptTopic, type RatedPromptRun } from "./questions.js";
export * from "./track-and-stop.js";
export { openVersionWatch, type VersionWatch } from "./watch.js";
