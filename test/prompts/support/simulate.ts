import { drawIndex, type Rng } from "../../../src/math/rng.js";
import {
  allocate,
  type ExperimentOptions,
  type ExperimentReport,
  ExperimentRun,
  parseDefinition,
} from "../../../src/prompts/index.js";

/** One simulated experiment with a look after each outcome; shares are updated every `batch` outcomes. */
export function simulate(
  means: readonly number[],
  options: Omit<ExperimentOptions, "promptId" | "variants">,
  rng: Rng,
  { batch = 20, draw = (m: number) => (rng.next() < m ? 1 : 0) } = {},
): ExperimentReport {
  const variants = means.map((_, i) => `v${i + 1}`);
  const definition = parseDefinition({ ...options, promptId: "p", variants });
  const run = new ExperimentRun(definition);
  const allocationRng = rng.fork("allocation");
  let shares = allocate(definition, run, allocationRng);
  let p = variants.map((v) => shares[v]);
  for (let t = 1; !run.decided; t++) {
    const i = drawIndex(p, rng.next());
    run.add({ variant: variants[i], probabilities: shares, reward: draw(means[i]), stratum: "" });
    if (t % batch !== 0) continue;
    shares = allocate(definition, run, allocationRng);
    p = variants.map((v) => shares[v]);
  }
  return run.report();
}
