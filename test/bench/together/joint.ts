import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createMemoryStore, createRng, ManualClock } from "langgraph-collective-learning";
import { z } from "zod";
import { round } from "../support/bench.js";

const WAYS = ["a", "b"] as const;
const State = new StateSchema({ bs: z.number() });
const PER_CYCLE = 200;
/** Runs by which the end of a life is measured. */
const AT_END = 400;

/** Chance of a good run after none, one and both of two decision points left the fallback. */
const JOINT_WORLDS = {
  "alone good, together ruin": [0.3, 0.6, 0.02],
  "alone bad, together good": [0.5, 0.3, 0.9],
  "nothing to gain": [0.5, 0.5, 0.5],
} as const;

/** What became of two decision points of the same runs. */
interface JointLife {
  /** Decision points at which something was promoted, at the end and at any time. */
  promoted: number;
  most: number;
  /** Mean reward at the end. */
  earned: number;
}

/** A life of two decision points whose changes earn together what no change earns alone. */
async function jointLife(chances: readonly number[], seed: number, cycles: number): Promise<JointLife> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const rng = createRng(`joint/${seed}`);
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore({ clock }),
    clock,
    seed,
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
    enableRlTraining: false,
  });
  const router = (decisionPoint: string) =>
    loop.router({
      decisionPoint,
      destinations: WAYS,
      context: () => ({ k: 1 }),
      fallback: () => "a",
      exploration: 0.2,
    });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("first", () => ({}))
      .addNode("second", () => ({}))
      .addNode("b1", (s) => ({ bs: s.bs + 1 }))
      .addNode("b2", (s) => ({ bs: s.bs + 1 }))
      .addEdge(START, "first")
      .addConditionalEdges("first", router("first"), { a: "second", b: "b1" })
      .addEdge("b1", "second")
      .addConditionalEdges("second", router("second"), { a: END, b: "b2" })
      .addEdge("b2", END)
      .compile(),
    { workflowType: "joint" },
  );
  let count = 0;
  const serve = async (runs: number) => {
    let sum = 0;
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const workflowId = `run-${count++}`;
      const { bs } = await graph.invoke({ bs: 0 }, { metadata: { workflowId } });
      const reward = Number(rng.next() < (chances[bs] ?? 0));
      sum += reward;
      await loop.feedback.submitOutcome(workflowId, reward);
    }
    return sum / runs;
  };
  const promoted = () => ["first", "second"].filter((p) => loop.registry.champion(`policy/${p}`)).length;
  let most = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    await serve(PER_CYCLE);
    await loop.triggerLearningCycle();
    most = Math.max(most, promoted());
  }
  const life = { promoted: promoted(), most, earned: await serve(AT_END) };
  await loop.close();
  return life;
}

/** Over lives in each world: how often each number of points was promoted, the most at any time, and what is earned at the end. */
export async function jointWorlds(lives: number, cycles: number): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const [name, chances] of Object.entries(JOINT_WORLDS)) {
    const of: JointLife[] = [];
    for (let seed = 1; seed <= lives; seed++) of.push(await jointLife(chances, seed, cycles));
    const mean = of.reduce((s, l) => s + l.earned, 0) / lives;
    figures[`joint, ${name}`] = {
      lives,
      promotedAtEnd: [0, 1, 2].map((n) => of.filter((l) => l.promoted === n).length),
      bothAtAnyTime: of.filter((l) => l.most === 2).length,
      nothingChanged: chances[0],
      earnedAtEnd: round(mean),
      least: round(Math.min(...of.map((l) => l.earned))),
    };
    console.log(name, figures[`joint, ${name}`]);
  }
  return figures;
}
