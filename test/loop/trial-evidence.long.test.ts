import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { expect, it } from "vitest";
import { ticketOffice, triageGraph } from "../support/triage.js";

it("keeps how a trial's evidence grew from look to look, until and after it is proven", async () => {
  const storagePath = mkdtempSync(join(tmpdir(), "trial-evidence-"));
  const clock = new ManualClock();
  const loop = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1 });
  try {
    const graph = triageGraph(loop, { exploration: 0.1 });
    const serve = ticketOffice(loop, graph, clock);
    await serve(180);
    await loop.triggerLearningCycle();
    expect(loop.registry.onTrial("policy/triage")?.version).toBe("v1");
    await serve(20);
    await loop.triggerLearningCycle();
    const [running] = await loop.inspect.trials("triage");
    expect(running).toMatchObject({ version: "v1", isRunning: true, minimumEffect: 0 });
    expect(running?.points).toHaveLength(2);
    const dashboard = createDashboard(loop);
    const answer = await dashboard(
      new Request("http://localhost/api/policies", { headers: { authorization: `Bearer ${dashboard.token}` } }),
    );
    expect(await answer.json()).toMatchObject([{ point: "triage", trials: [running] }]);

    await serve(60);
    await loop.triggerLearningCycle();
    expect(loop.registry.champion("policy/triage")?.version).toBe("v1");
    const [ended] = await loop.inspect.trials("triage");
    expect(ended?.isRunning).toBe(false);
    const { points = [], needed = Number.POSITIVE_INFINITY } = ended ?? {};
    // What was settled stays as it was; the last look reached what is needed, and the gain is bounded from below.
    expect(points.slice(0, 2)).toEqual(running?.points);
    expect(points[1]?.evidence).toBeLessThan(needed);
    expect(points.at(-1)?.evidence).toBeGreaterThanOrEqual(needed);
    expect(points.at(-1)?.gain?.lower).toBeGreaterThan(0);
  } finally {
    await loop.close();
    rmSync(storagePath, { recursive: true, force: true });
  }
}, 60_000);
