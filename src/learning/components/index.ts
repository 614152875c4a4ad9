import type { PromptOptimizer } from "../../prompts/index.js";
import type { RowOptions } from "../../worker/rows.js";
import type { LearningComponent } from "../component.js";
import { type ResolvedLoopConfig, rewardSettingsOf } from "../config.js";
import type { RunEmbeddings } from "../run-embeddings.js";
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
  /** Present where the configuration has an embedding model. */
  embeddings?: RunEmbeddings;
}

/** The learners of the loop besides routing, in the order of a cycle. A new learner adds itself here. */
export function componentsFor(config: ResolvedLoopConfig, parts: ComponentParts): ConfiguredComponent[] {
  return [
    {
      component: rewardModelComponent({ reward: rewardSettingsOf(config), embeddings: parts.embeddings }),
      enabled: config.enableRewardModel,
    },
    { component: patternsComponent(parts.rowOptions), enabled: config.enablePatternDiscovery },
    { component: createPromptsComponent(parts.prompts), enabled: config.enablePromptOptimization },
  ];
}
