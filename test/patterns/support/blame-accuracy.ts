import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRng, shuffled } from "../../../src/math/rng.js";
import { BlameModel, type LabelledFailure } from "../../../src/patterns/index.js";

/** Failed multi-agent runs with their annotated culprits. */
export function readFailures(folder: string): LabelledFailure[] {
  type Row = { system: string; steps: { node: string }[]; mistake_agent: string; mistake_step: number };
  return readFileSync(join(folder, "agent-traces/whowhen_failures.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row)
    .map((r) => ({
      workflowType: r.system,
      steps: r.steps.map((s) => s.node),
      responsible: r.mistake_agent,
      responsibleStep: r.mistake_step,
    }));
}

/** Share of runs whose culprit is named, per system: `folds`-fold cross-validated, mean over `repeats` splits. */
export function crossValidatedBlame(failures: readonly LabelledFailure[], folds: number, repeats: number) {
  const tally = new Map<string, { runs: number; agent: number; step: number }>();
  for (let r = 0; r < repeats; r++) {
    const order = shuffled(failures, createRng(`blame-${r}`));
    for (let fold = 0; fold < folds; fold++) {
      const model = new BlameModel(order.filter((_, i) => i % folds !== fold));
      for (const f of order.filter((_, i) => i % folds === fold)) {
        const t = tally.get(f.workflowType) ?? { runs: 0, agent: 0, step: 0 };
        tally.set(f.workflowType, t);
        const [first] = model.attribute(f);
        t.runs++;
        if (first?.agent === f.responsible) t.agent++;
        if (first?.step === f.responsibleStep) t.step++;
      }
    }
  }
  return Object.fromEntries(
    [...tally].map(([system, t]) => [system, { agentAccuracy: t.agent / t.runs, stepAccuracy: t.step / t.runs }]),
  );
}
