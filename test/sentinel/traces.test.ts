import { expect, it } from "vitest";
import type { Trace } from "../../src/core/index.js";
import { joinSegments } from "../../src/dataset/index.js";
import { fitSimulator, meanOf, OrchestratorEnv } from "../../src/environments/index.js";
import { createRng } from "../../src/math/rng.js";
import { tracing } from "../tracing/support.js";
import { config, input, scripted, sentinel } from "./support/crew.js";

it("makes a simulator from the traces of a real Sentinel, with the tracer's own settings", async () => {
  const { tracer, segments } = tracing();
  const rng = createRng(5);
  const answer = () => {
    if (rng.next() < 0.25) throw new Error("down");
    return { content: "long ".repeat(1_000), quality: 0.6 + 0.3 * rng.next(), tokens: 50 + rng.int(100) };
  };
  const agents = [
    scripted("researcher", ["research"], answer, { tokens: 90 }),
    scripted("linguist", ["language"], answer, { tokens: 90 }),
    scripted("weaver", ["narrative", "language"], answer, { tokens: 90 }),
  ];
  const graph = tracer.wrap(sentinel({ agents }).compile(), { workflowType: "sentinel" });
  for (let run = 0; run < 6; run++) await graph.invoke(input, { ...config, metadata: { workflowId: `run-${run}` } });
  const traces = (await segments()).map((s) => joinSegments([s]) as Trace);

  const declared = agents.map(({ runnable: _r, ...a }) => a);
  const { world, runs, assumed, goodness } = fitSimulator(traces, { agents: declared, budget: { steps: 60 } });
  expect(traces).toHaveLength(6);
  expect(runs).toBeGreaterThan(35);
  expect(assumed.filter((a) => !/^\w+: as the other agents/.test(a))).toEqual([]);
  expect(meanOf(world.agents[0]?.quality as never)).toBeGreaterThan(0.6);
  expect(meanOf(world.agents[0]?.tokens as never)).toBeGreaterThan(70);
  expect(world.agents.every((a) => a.failure > 0.05 && a.failure < 0.5)).toBe(true);
  expect(world.territories.map((t) => [t.id, t.scans])).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
  expect(world.templates).toHaveLength(1);
  expect(world.templates[0]?.tasks.map((t) => [t.capabilities[0], t.dependsOn, t.creative])).toEqual([
    ["research", [], false],
    ["language", [], false],
    ["narrative", [0, 1], true],
  ]);
  expect(goodness.some((g) => g.what === "weaver.quality" && g.n > 5)).toBe(true);
  const env = new OrchestratorEnv({ world });
  let { info } = env.reset({ seed: 1 });
  for (;;) {
    const step = env.step(info.baseline as number);
    info = step.info;
    if (step.terminated) break;
  }
  expect(env.state.report?.tasks.accepted).toBeGreaterThan(0);
});
