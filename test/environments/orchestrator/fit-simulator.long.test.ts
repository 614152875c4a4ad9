import { beforeAll, describe, expect, it } from "vitest";
import type { Trace } from "../../../src/core/index.js";
import {
  type FittedSimulator,
  fitSimulator,
  meanOf,
  OrchestratorEnv,
  standardWorld,
} from "../../../src/environments/index.js";
import { firstObject } from "../../../src/environments/orchestrator/fit/facts.js";
import { cdf, kolmogorov } from "../../../src/environments/orchestrator/fit/goodness.js";
import { recordedTraces } from "./recorded.js";

const world = standardWorld();
const options = { agents: world.agents.map((a) => a.declared), budget: world.budget, rules: world.rules };

describe("a simulator fitted from the traces of a known world", () => {
  let traces: Trace[];
  let fitted: FittedSimulator;
  beforeAll(() => {
    traces = recordedTraces(world, 120, "fit");
    fitted = fitSimulator(traces, options);
  }, 60_000);

  it("finds the agents' durations, tokens and qualities again", () => {
    expect(fitted.traces).toBe(120);
    for (const model of fitted.world.agents) {
      const truth = world.agents.find((a) => a.declared.name === model.declared.name) as (typeof world.agents)[number];
      expect(Math.abs(meanOf(model.duration) / meanOf(truth.duration) - 1)).toBeLessThan(0.12);
      expect(Math.abs(meanOf(model.tokens) / meanOf(truth.tokens) - 1)).toBeLessThan(0.1);
      expect(Math.abs(meanOf(model.quality) - meanOf(truth.quality))).toBeLessThan(0.02);
      expect(Math.abs(model.failure - truth.failure)).toBeLessThan(0.06);
    }
  });

  it("finds what load, insight, fit, interference and coordination do", () => {
    const { agents, coordination, withoutInsight, interference, mismatchFloor } = fitted.world;
    expect(withoutInsight).toBeCloseTo(world.withoutInsight, 1);
    expect(Math.abs(interference - world.interference)).toBeLessThan(0.02);
    expect(Math.abs(mismatchFloor - world.mismatchFloor)).toBeLessThan(0.06);
    expect(coordination.baseMs).toBeCloseTo(world.coordination.baseMs, 0);
    expect(coordination.pairMs).toBeCloseTo(world.coordination.pairMs, 0);
    expect(Math.abs(agents[0]?.broken - 0.08)).toBeLessThan(0.04);
    expect(Math.abs(agents[0]?.brokenFailure - 0.8)).toBeLessThan(0.15);
    const at = (load: number) => agents[0]?.overloadFailure * Math.max(0, load - agents[0]?.comfortLoad);
    expect(Math.abs(at(0.45) - 0.2)).toBeLessThan(0.1);
  });

  it("finds what scans bring", () => {
    expect(fitted.world.templates).toHaveLength(world.templates.length);
    const shapes = fitted.world.templates.map((t) => t.tasks.length);
    const tools = fitted.world.territories.find((t) => t.id === "instruments");
    const likeliest = tools?.templates.indexOf(Math.max(...(tools?.templates ?? []))) as number;
    expect(fitted.world.templates[likeliest]?.tasks[0]?.capabilities).toEqual(["tools"]);
    expect(shapes.sort()).toEqual([2, 3, 3, 4]);
    for (const t of fitted.world.territories) expect(t.templates.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  });

  it("reports how well it fits, and what it had to assume", () => {
    const of = (what: string) => fitted.goodness.find((g) => g.what === what);
    expect(of("linguist.duration")?.distance).toBeLessThan(0.1);
    expect(of("linguist.duration")?.pValue).toBeGreaterThan(0.01);
    expect(of("failures")?.distance).toBeLessThan(0.12);
    expect(fitted.assumed.every((a) => a.includes("since it was not exhausted"))).toBe(true);
    const wrong = kolmogorov(
      "x",
      traces.flatMap((t) => t.nodes.filter((n) => n.name === "linguist").map((n) => n.durationMs)),
      { kind: "lognormal", mu: Math.log(300_000), sigma: 0.35 },
    );
    expect(wrong.pValue).toBeLessThan(1e-6);
  });

  it("makes episodes like those of the true world", () => {
    const meanReturn = (env: OrchestratorEnv) => {
      let total = 0;
      for (let seed = 0; seed < 60; seed++) {
        let { info } = env.reset({ seed });
        for (;;) {
          const step = env.step(info.baseline as number);
          total += step.reward;
          info = step.info;
          if (step.terminated) break;
        }
      }
      return total / 60;
    };
    const truth = meanReturn(new OrchestratorEnv({ world }));
    expect(Math.abs(meanReturn(new OrchestratorEnv({ world: fitted.world })) / truth - 1)).toBeLessThan(0.15);
  });

  it("says what is missing where no updates were kept", () => {
    const bare = traces.slice(0, 20).map((t) => ({ ...t, nodes: t.nodes.map(({ update: _u, ...n }) => n) }));
    const { assumed, world: poor } = fitSimulator(bare, options);
    expect(assumed).toContain("quality: as declared, since no update of an agent's run was kept");
    expect(assumed).toContain("territories: none, since no scan that found work was kept");
    expect(meanOf(poor.agents[0]?.duration as never)).toBeGreaterThan(60_000);
  });

  it("refuses traces of something else", () => {
    expect(() => fitSimulator([], options)).toThrow(/0 traces without a run of relationalAnalyst/);
  });
});

it.each([
  ['{"runs":[{"agent":"a","ok":true,"content":"x"}],"z":1}', { agent: "a", ok: true, content: "x" }],
  ['{"runs":[{"agent":"a","ok":true,"content":"a long tex…[cut]', { agent: "a", ok: true }],
  ['{"runs":[{"agent":"a]}\\"","under":{"load":0.5}}]}', { agent: 'a]}"', under: { load: 0.5 } }],
  ['{"runs":[{"agent":"a","o…[cut]', undefined],
  ["{}", undefined],
  [undefined, undefined],
])("reads the first run of an update that may be cut: %s", (text, expected) => {
  expect(firstObject(text, "runs")).toEqual(expected);
});

it.each([
  [{ kind: "beta", alpha: 2, beta: 3 } as const, 0.4, 0.5248],
  [{ kind: "beta", alpha: 24, beta: 6 } as const, 0.8, 0.4634],
  [{ kind: "lognormal", mu: 0, sigma: 1 } as const, 1, 0.5],
  [{ kind: "lognormal", mu: 0, sigma: 1 } as const, Math.exp(1.96), 0.975],
])("knows the distribution function of %j", (distribution, value, p) => {
  expect(cdf(distribution, value)).toBeCloseTo(p, 3);
});
