export type {
  ActionOutcome,
  ActionPlan,
  AgentDeclaration,
  Assignment,
  Budget,
  FinalReport,
  OrchestrationRules,
  OrchestrationState,
  RunCircumstances,
  StepRewardWeights,
} from "../orchestration/index.js";
export * from "./cart-pole.js";
export * from "./check-env.js";
export * from "./env.js";
export * from "./environment-spec.js";
export * from "./orchestrator/index.js";
export * from "./spaces/index.js";
export * from "./tabular/index.js";
export * from "./vector-env.js";
export * from "./wrappers/index.js";
