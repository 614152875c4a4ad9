import type { PromptOptimizer } from "../../prompts/index.js";
import type { LearningComponent } from "../component.js";

/** Follows the experiments between prompts: winners are promoted, versions that fell behind rolled back. */
export function createPromptsComponent(prompts: PromptOptimizer): LearningComponent {
  return {
    name: "prompts",
    async run({ signal }) {
      const ids = prompts.ids();
      if (ids.length === 0) return { state: "idle", samples: 0, message: "no prompts are registered" };
      const report = await prompts.refresh(signal);
      const changes = [
        ...report.promoted.map((p) => `${p.promptId}: ${p.version} promoted`),
        ...report.waiting.map((w) => `${w.name}: ${w.version} is proven and waits for approval`),
        ...report.policies.map((p) => `${p.promptId}: a policy over versions gains at least ${p.lower.toFixed(3)}`),
        ...report.rolledBack.map((r) => `${r.promptId} rolled back: ${r.reason}`),
        ...report.experiments.map((e) => `${e.key}: ${e.text}`),
      ];
      return {
        state: changes.length > 0 ? "done" : "idle",
        samples: report.outcomes,
        message: changes.join("; ") || "no experiment is running",
        details: { ...report },
      };
    },
  };
}
