import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OBSERVATION_FIELDS, ORCHESTRATOR_ACTIONS } from "../../src/orchestration/index.js";
import { createPolicyNode, type RoutingDeps } from "../../src/routing/index.js";
import { attachSentinel, type SentinelLoop, sentinelOf } from "../../src/sentinel/index.js";
import { courseOf } from "../../src/sentinel/steer.js";
import { createWorld } from "../routing/support/world.js";
import { config, input, policyFor, scanner, sentinel } from "./support/crew.js";

const NAME = "policy/sentinel";

const loopOf = (deps: RoutingDeps): SentinelLoop => ({ policyNode: (options) => createPolicyNode(options, deps) });

async function served(action: string, dim?: number) {
  const world = createWorld();
  await world.registry.publish(NAME, "routing-policy", policyFor(action, dim));
  await world.registry.promote(NAME, "v1");
  return world;
}

describe("a Sentinel with a policy", () => {
  it("of its own follows it always: nothing is left to the baseline where nobody measures", async () => {
    const graph = sentinel({ policy: policyFor("dispatchSingleAgent"), advisor: "node" });
    await sentinelOf(graph)?.ready();
    const compiled = graph.compile();
    const sources = new Set<string>();
    for (let run = 0; run < 25; run++)
      for (const { source } of (await compiled.invoke(input, { ...config, metadata: { workflowId: `w${run}` } })).steps)
        sources.add(source);
    expect([...sources].sort()).toEqual(["only", "policy"]);
  });

  it("of its own takes no loop beside it", async () => {
    const { deps } = createWorld();
    const graph = sentinel({ policy: policyFor("completeTask") });
    expect(() => attachSentinel(graph, loopOf(deps))).toThrow(/a loop for a Sentinel that follows a policy of its own/);
  });

  it("follows it wherever it may, and only there", async () => {
    const graph = sentinel({ policy: policyFor("dispatchSingleAgent") });
    await sentinelOf(graph)?.ready();
    const out = await graph.compile().invoke(input, config);
    const single = out.steps.filter((s) => s.action === "dispatchSingleAgent");
    expect(single.length).toBeGreaterThan(0);
    expect(single.every((s) => s.source === "policy" || s.source === "only")).toBe(true);
    expect(out.steps.some((s) => s.action === "dispatchMultipleAgents")).toBe(false);
    expect(out.finalReport?.tasks.accepted).toBeGreaterThan(0);
    expect(out.fallbacks).toEqual({});
  });

  it("records its decisions so that a loop can learn from them", async () => {
    const { deps, sink } = createWorld();
    const graph = sentinel({ exploration: 0.5 });
    attachSentinel(graph, loopOf(deps));
    const out = await graph.compile().invoke(input, { ...config, metadata: { workflowId: "w1" } });
    const decisions = sink.view();
    const asked = out.steps.filter((s) => s.source !== "only");
    expect(decisions.map((d) => d.chosen)).toEqual(asked.map((s) => s.action));
    expect(asked.some((s) => s.source === "exploration")).toBe(true);
    for (const d of decisions) {
      expect(d).toMatchObject({ decisionPoint: "sentinel", workflowId: "w1", mode: "shadow" });
      expect(Object.keys(d.context).sort()).toEqual([...OBSERVATION_FIELDS].sort());
      expect(d.candidates).toEqual([...ORCHESTRATOR_ACTIONS]);
      expect(d.mask?.[d.candidates.indexOf(d.chosen)]).toBe(true);
      expect(d.propensity).toBeGreaterThan(0);
      expect(d.probabilities?.every((p, i) => p === 0 || d.mask?.[i])).toBe(true);
    }
  });

  it("can be a node instead of a subgraph, under a decision point of its own", async () => {
    const { deps, sink } = createWorld();
    const graph = sentinel({ advisor: "node", decisionPoint: "atlas" });
    attachSentinel(graph, loopOf(deps));
    const out = await graph.compile().invoke(input, config);
    expect(out.finalReport?.tasks.accepted).toBe(6);
    expect(new Set(sink.view().map((d) => d.decisionPoint))).toEqual(new Set(["atlas"]));
  });

  it("takes its place in a loop, before or after it was compiled", async () => {
    const { deps } = createWorld();
    expect(sentinelOf(sentinel({ loop: loopOf(deps) }))?.status()?.mode).toBe("shadow");
    const graph = sentinel();
    expect(sentinelOf(graph)?.status()).toBeUndefined();
    const world = await served("completeTask");
    const compiled = graph.compile().withConfig({ tags: ["x"] });
    const handle = attachSentinel(compiled, loopOf(world.deps));
    await handle.ready();
    const out = await compiled.invoke(input, config);
    expect(out.steps.at(-1)).toMatchObject({ action: "completeTask", source: "policy" });
    expect(handle.status()).toMatchObject({ mode: "act", policyVersion: "v1" });
    expect(() => attachSentinel({}, loopOf(world.deps))).toThrow(/a graph that is no Sentinel/);
  });
});

describe("goes on by its baseline, and counts and logs why", () => {
  const finished = { reason: "complete", tasks: { accepted: 6, open: 0, abandoned: 0 } };

  it("when the policy fails at every question", async () => {
    const world = await served("completeTask", 3);
    const graph = sentinel();
    await attachSentinel(graph, loopOf(world.deps)).ready();
    const out = await graph.compile().invoke(input, config);
    expect(out.finalReport).toMatchObject(finished);
    expect(out.fallbacks).toEqual({ "policy-error": out.steps.filter((s) => s.source === "fallback").length });
    expect(world.log.some((l) => l.startsWith("warn") && l.includes("policy-error"))).toBe(true);
  });

  it.each([
    ["nothing that is one", {}],
    ["a snapshot of another kind", { ...policyFor("completeTask"), policy: { kind: "oracle" } }],
  ])("when the policy it was given is %s", async (_what, policy) => {
    const log: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (m: string) => void log.push(m) };
    const out = await sentinel({ policy: policy as never, logger })
      .compile()
      .invoke(input, config);
    expect(out.fallbacks).toEqual({ "no-policy": out.steps.filter((s) => s.source === "fallback").length });
    expect(log).toContain("sentinel: version given cannot be served; what served before goes on");
    expect(out.finalReport?.reason).toBe("complete");
  });

  it("when the policy is killed in the middle of a run", async () => {
    const world = await served("scanTerritories");
    world.deps.modes.set("sentinel", "act");
    let scans = 0;
    const graph = sentinel({
      scanner: async (...scan) => {
        if (++scans === 2) await world.registry.rollback(NAME);
        return scanner(...scan);
      },
    });
    const handle = attachSentinel(graph, loopOf(world.deps));
    await handle.ready();
    const out = await graph.compile().invoke(input, config);
    expect(out.steps.some((s) => s.source === "policy")).toBe(true);
    expect(out.finalReport).toMatchObject(finished);
    expect(out.fallbacks["no-policy"]).toBeGreaterThan(0);
    expect(handle.status()?.fallbacks["no-policy"]).toBe(out.fallbacks["no-policy"]);
    expect(world.log.some((l) => l.startsWith("warn") && l.includes("no-policy"))).toBe(true);
  });

  it("when an observation is no number", async () => {
    const world = await served("completeTask");
    const graph = sentinel();
    const blind: SentinelLoop = {
      policyNode: (options) =>
        createPolicyNode(
          { ...options, context: (s) => ({ ...s.outlook.observation, readyTasks: Number.NaN }) },
          world.deps,
        ),
    };
    await attachSentinel(graph, blind).ready();
    const out = await graph.compile().invoke(input, config);
    expect(out.finalReport).toMatchObject(finished);
    expect(Object.keys(out.fallbacks)).toEqual(["context-error"]);
    expect(world.log.some((l) => l.startsWith("warn") && l.includes("context-error"))).toBe(true);
  });

  it("when learning is switched off", async () => {
    const world = await served("completeTask");
    world.disable();
    const graph = sentinel();
    attachSentinel(graph, loopOf(world.deps));
    expect((await graph.compile().invoke(input, config)).finalReport).toMatchObject(finished);
    expect(world.sink.written).toEqual([]);
  });

  it("when the advice is missing, unknown or illegal: only legal actions are ever taken", () => {
    const action = fc.constantFrom(...ORCHESTRATOR_ACTIONS);
    const advised = fc.oneof(action, fc.constantFrom("launch", "", undefined, 7));
    const who = fc.constantFrom("policy", "fallback");
    const why = fc.constantFrom("shadow", "exploration", "policy-error");
    fc.assert(
      fc.property(
        fc.uniqueArray(action, { minLength: 1 }),
        fc.option(advised),
        who,
        why,
        fc.nat(),
        fc.option(action),
        (legal, destination, source, reason, n, person) => {
          const outlook = {
            observation: {} as never,
            legal: Object.fromEntries(legal.map((a) => [a, true])),
            baseline: legal[n % legal.length],
          };
          const advice = destination === null ? null : ({ destination, source, why: reason } as never);
          const override = person === null ? null : { action: person, why: "" };
          const course = courseOf({ outlook, advice, override });
          const ending = person === "completeTask" && course.source === "human";
          expect(ending || legal.includes(course.action)).toBe(true);
          if (person !== null && (legal.includes(person) || person === "completeTask"))
            expect(course).toMatchObject({ action: person, source: "human" });
          else if (legal.length > 1 && (destination === null || !legal.includes(destination as never)))
            expect(course).toMatchObject({
              action: outlook.baseline,
              fallback: expect.stringMatching(/^(no-advice|unknown-action|illegal-action)$/),
            });
        },
      ),
      { seed: 1 },
    );
  });
});
