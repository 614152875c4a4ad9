import type { FeedbackInput } from "../../feedback/index.js";
import type { PromptOptimizer } from "../../prompts/index.js";
import type { RowOptions } from "../../worker/rows.js";
import type { LearningComponent } from "../component.js";
import { type ResolvedLoopConfig, rewardSettingsOf } from "../config.js";
import type { RunEmbeddings } from "../run-embeddings.js";
import { evaluatorsComponent } from "./evaluators.js";
import { patternsComponent } from "./patterns.js";
import { createPromptsComponent } from "./prompts.js";
import { rewardModelComponent } from "./reward-model.js";

/** A component and whether the configuration lets it run. */
export interface ConfiguredComponent {
  component: LearningComponent;
  enabled: boolean;
}

/** What components work on besides the facts. */
export interface ComponentParts {
  prompts: PromptOptimizer;
  /** How rewards are composed now. */
  rowOptions(): RowOptions;
  /** Stores a judgement. */
  submit(feedback: FeedbackInput): Promise<unknown>;
  /** Present where the configuration has an embedding model. */
  embeddings?: RunEmbeddings;
}

/** The learners of the loop besides routing, in the order of a cycle. A new learner adds itself here. */
export function componentsFor(config: ResolvedLoopConfig, parts: ComponentParts): ConfiguredComponent[] {
  const { evaluators } = config;
  const reward = rewardSettingsOf(config);
  return [
    ...(evaluators.length > 0
      ? [{ component: evaluatorsComponent({ evaluators, reward, submit: parts.submit }), enabled: true }]
      : []),
    {
      component: rewardModelComponent({ reward, embeddings: parts.embeddings, tenants: config.tenants }),
      enabled: config.enableRewardModel,
    },
    { component: patternsComponent(parts.rowOptions), enabled: config.enablePatternDiscovery },
    { component: createPromptsComponent(parts.prompts), enabled: config.enablePromptOptimization },
  ];
}
