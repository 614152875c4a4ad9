import { END, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Decision, hash32 } from "../../src/core/index.js";
import { type CounterfactualPair, checkEstimators, toOpeRow } from "../../src/evaluation/index.js";
import { createRng } from "../../src/math/rng.js";
import { counterfactual, createRouter } from "../../src/routing/index.js";
import { createWorld } from "./support/world.js";

const RUNS = 800;
const State = new StateSchema({ run: z.string(), urgent: z.boolean(), reward: z.number().optional() });
const destinations = ["a", "b"] as const;

/** The reward of each way: `b` is better where it is urgent, `a` elsewhere; the rest is chance. */
const rewardOf = (way: string, run: string, urgent: boolean) =>
  0.3 + (urgent === (way === "b") ? 0.4 : 0) + (0.3 * hash32(`${run}/${way}`)) / 2 ** 32;

it("replayed outcomes agree with what the estimators say from the logs, and betray logs with wrong propensities", async () => {
  const world = createWorld(4);
  const router = createRouter(
    {
      decisionPoint: "way",
      destinations,
      context: (s: typeof State.State) => ({ urgent: s.urgent }),
      fallback: () => "a",
      exploration: 0.6,
    },
    world.deps,
  );
  const graph = new StateGraph(State)
    .addNode("start", () => ({}))
    .addNode("a", (s) => ({ reward: rewardOf("a", s.run, s.urgent) }))
    .addNode("b", (s) => ({ reward: rewardOf("b", s.run, s.urgent) }))
    .addEdge(START, "start")
    .addConditionalEdges("start", router, router.destinations)
    .addEdge("a", END)
    .addEdge("b", END)
    .compile({ checkpointer: new MemorySaver() });
  // LangGraph's checkpoint ids, and with them the draws, differ from time to time. So each run is begun anew until
  // it goes the way that a seeded draw of the same probabilities wants: the logs are the same every time.
  const rng = createRng("replay proof");
  const logged: Decision[] = [];
  const rewards = new Map<string, number>();
  for (let i = 0; i < RUNS; i++) {
    const run = `run-${i}`;
    const draw = rng.next();
    for (let attempt = 0; ; attempt++) {
      const config = { configurable: { thread_id: `${run}/${attempt}` } };
      const { reward } = await graph.invoke({ run, urgent: i % 4 !== 0 }, config);
      const decision = world.sink.written.at(-1) as Decision;
      if (decision.chosen !== (draw < (decision.probabilities?.[0] as number) ? "a" : "b")) continue;
      rewards.set(decision.workflowId, reward as number);
      logged.push(decision);
      break;
    }
  }
  const wanted = (d: Decision) => (d.context.urgent ? "b" : "a");
  const rowsFrom = (logging: (d: Decision) => number[]) =>
    logged.map((d) =>
      toOpeRow({
        reward: rewards.get(d.workflowId) as number,
        chosen: destinations.indexOf(d.chosen as "a" | "b"),
        logging: logging(d),
        target: wanted(d) === "a" ? [1, 0] : [0, 1],
        baseline: [1, 0],
      }),
    );
  const pairs: CounterfactualPair[] = [];
  for (const decision of logged.filter((_, i) => i % 8 < 4)) {
    const destination = wanted(decision);
    const own = rewards.get(decision.workflowId) as number;
    if (destination === decision.chosen) {
      pairs.push({ target: own });
      continue;
    }
    const reward = (v: Record<string, unknown>) => v.reward as number;
    const pair = await counterfactual(graph, { decision, destination, pure: [...destinations], reward });
    expect(pair.factual.reward).toBe(own);
    pairs.push({ target: pair.counterfactual.reward as number });
  }
  const estimators = ["ips", "snips", "dr"] as const;
  const honest = checkEstimators(
    rowsFrom((d) => d.probabilities as number[]),
    pairs,
    { estimators },
  );
  expect(honest.checks.map((c) => c.agrees)).toEqual([true, true, true]);
  const wrong = checkEstimators(
    rowsFrom(() => [0.5, 0.5]),
    pairs,
    { estimators },
  );
  expect(wrong.checks[0]?.agrees).toBe(false);
});
