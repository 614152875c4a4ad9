import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createMemoryStore, createRng, ManualClock } from "langgraph-collective-learning";
import { z } from "zod";

const WAYS = ["a", "b"] as const;
const State = new StateSchema({ bs: z.number() });

/** A world of two decision points that one run passes, `first` and `second`; the fallback of both is `a`. */
interface TwoPoints {
  /** Chance of a good run after no, one and two choices of `b`. */
  chances: readonly [number, number, number];
  exploration: number;
  seed: number | string;
}

/** The loop of such a world, and what plays runs in it and gives their mean reward. */
export async function openTwoPoints({ chances, exploration, seed }: TwoPoints) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const rng = createRng(seed);
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore({ clock }),
    clock,
    ...(typeof seed === "number" && { seed }),
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
    enableRlTraining: false,
  });
  const router = (decisionPoint: string) =>
    loop.router({ decisionPoint, destinations: WAYS, context: () => ({ k: 1 }), fallback: () => "a", exploration });
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
    { workflowType: "w" },
  );
  let count = 0;
  const serve = async (runs: number) => {
    let sum = 0;
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const workflowId = `w${count++}`;
      const { bs } = await graph.invoke({ bs: 0 }, { metadata: { workflowId } });
      const reward = Number(rng.next() < (chances[bs] ?? 0));
      sum += reward;
      await loop.feedback.submitOutcome(workflowId, reward);
    }
    return sum / runs;
  };
  return { loop, serve };
}
