import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import {
  type CollectiveLearningLoop,
  createRng,
  type LoopRouterOptions,
  type ManualClock,
} from "langgraph-collective-learning";
import { z } from "zod";

/** State of the triage graph: a topic that decides which team is right, and the team it went to. */
export const TriageState = new StateSchema({ topic: z.string(), noise: z.number(), team: z.string().optional() });
type State = typeof TriageState.State;

/** The teams. */
export const TEAMS = ["billing", "tech"] as const;
export type Team = (typeof TEAMS)[number];

/** A wrapped graph triage -> (learned edge) -> billing | tech, whose fallback always says billing. */
export function triageGraph(loop: CollectiveLearningLoop, change: Partial<LoopRouterOptions<State, Team>> = {}) {
  const router = loop.router({
    decisionPoint: "triage",
    destinations: TEAMS,
    context: (s: State) => ({ topic: s.topic, noise: s.noise }),
    fallback: (): Team => "billing",
    exploration: 0.5,
    learn: { policy: { kind: "squarecb" } },
    ...change,
  });
  const graph = new StateGraph(TriageState)
    .addNode("triage", () => ({}))
    .addNode("billing", () => ({ team: "billing" }))
    .addNode("tech", () => ({ team: "tech" }))
    .addEdge(START, "triage")
    .addConditionalEdges("triage", router, [...TEAMS])
    .addEdge("billing", END)
    .addEdge("tech", END)
    .compile();
  return loop.wrap(graph, { workflowType: "support" });
}

/** Runs tickets through a graph, one a minute, and reports 1 or 0 for each; answers with the mean reward. */
export function ticketOffice(
  loop: CollectiveLearningLoop,
  graph: ReturnType<typeof triageGraph>,
  clock: ManualClock,
  seed = 1,
) {
  const rng = createRng(`tickets/${seed}`);
  let count = 0;
  return async (
    runs: number,
    right: (topic: string) => Team = (t) => (t === "invoice" ? "billing" : "tech"),
  ): Promise<number> => {
    let sum = 0;
    const told: Promise<unknown>[] = [];
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const topic = rng.next() < 0.5 ? "invoice" : "crash";
      const workflowId = `ticket-${seed}-${count++}`;
      const { team } = await graph.invoke({ topic, noise: rng.next() }, { metadata: { workflowId } });
      const reward = team === right(topic) ? 1 : 0;
      sum += reward;
      told.push(loop.feedback.submitOutcome(workflowId, reward));
    }
    await Promise.all(told);
    return sum / runs;
  };
}
