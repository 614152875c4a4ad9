import type { LearnRoutingInput } from "../../src/worker/jobs/learn-routing.js";

/** What the job learns the point `triage` by, at a time, after so many versions were tried. */
export function aRoutingInput(now: string, tried = 0): LearnRoutingInput {
  const capital = { schemaVersion: 1 as const, riskLevel: 0.04, tried, left: 0 };
  return {
    ...{ decisionPoint: "triage", rows: { reward: {} }, learn: {}, seed: 1, trainShare: 0.6, minSamples: 10 },
    ...{ exploration: 0.3, now, state: { schemaVersion: 1 as const, capital } },
    gate: { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster: "run" as const },
  };
}
