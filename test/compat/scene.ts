import { RunnableLambda } from "@langchain/core/runnables";
import { Command, END, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import type { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import {
  createSentinelOrchestrator,
  type Scanner,
  type SentinelAgent,
  sentinelOf,
  sentinelRecursionLimit,
} from "langgraph-collective-learning/sentinel";
import { z } from "zod";

// The graphs that the folders of earlier releases were written by. Only the package's public names are used,
// so that any release can write a folder, and today's can open it.

const TicketState = new StateSchema({
  topic: z.string(),
  urgent: z.boolean(),
  length: z.number(),
  text: z.string(),
  prompt: z.string().optional(),
  team: z.string().optional(),
  tone: z.string().optional(),
  after: z.string().optional(),
});
type Ticket = typeof TicketState.State;

/** What a ticket begins with. */
export type TicketInput = Pick<Ticket, "topic" | "urgent" | "length" | "text">;

/** The destinations of each decision point of the ticket graph. */
const TEAMS = ["billing", "tech"] as const;
const TONES = ["brief", "warm"] as const;
const CALLS = ["call", "close"] as const;

/** The team that is right for a topic. */
const RIGHT_TEAM: Record<string, (typeof TEAMS)[number]> = { invoice: "billing", crash: "tech", login: "tech" };

const TEXTS: Record<string, string[]> = {
  invoice: ["the invoice is wrong again", "please refund the double payment", "which account was charged"],
  crash: ["the app crashes at start", "an error appears after the update", "it freezes on the login page"],
  login: ["the password is refused", "no code arrives by mail", "it asks for a second factor twice"],
};

/** Numbers in [0,1) from a seed: mulberry32 (Tommy Ettinger, 2017), kept here so that no release changes it. */
export function drawsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The n-th ticket of a stream; the same for the same numbers. */
export function ticket(n: number, random: () => number): TicketInput {
  const topics = Object.keys(TEXTS);
  const topic = topics[Math.floor(random() * topics.length)]!;
  const texts = TEXTS[topic]!;
  const urgent = random() < 0.3;
  return { topic, urgent, length: 20 + Math.floor(random() * 400), text: texts[n % texts.length]! };
}

/** The default share of release 0.1.0, whose choices are compared. */
const CONTROL = 0.02;

/**
 * A graph with three learned edges: `triage` and `tone` matter for the outcome, `follow-up` does not. The answer
 * is written with a prompt that is under experiment.
 */
export function ticketGraph(loop: CollectiveLearningLoop) {
  const context = ({ topic, urgent, length, text }: Ticket) => ({ topic, urgent, length, text });
  const triage = loop.router({
    decisionPoint: "triage",
    destinations: TEAMS,
    context,
    fallback: () => "billing",
    exploration: 0.7,
    control: CONTROL,
  });
  const tone = loop.router({
    decisionPoint: "tone",
    destinations: TONES,
    context: ({ urgent, length }: Ticket) => ({ urgent, length }),
    fallback: () => "brief",
    exploration: 0.7,
    control: CONTROL,
    learn: { policy: { kind: "auto" } },
  });
  const followUp = loop.router({
    decisionPoint: "follow-up",
    destinations: CALLS,
    context: ({ topic, length }: Ticket) => ({ topic, length }),
    fallback: () => "close",
    exploration: 0.2,
    control: CONTROL,
  });
  const team = (name: string) => () => ({ team: name });
  const write = (name: string) => () => ({ tone: name });
  const graph = new StateGraph(TicketState)
    .addNode("read", async ({ topic }, config) => {
      const { version } = await loop.prompts.get("answer", { topic }, config);
      return { prompt: version };
    })
    .addNode("billing", team("billing"))
    .addNode("tech", team("tech"))
    .addNode("brief", write("brief"))
    .addNode("warm", write("warm"))
    .addNode("call", () => ({ after: "called" }))
    .addNode("close", () => ({ after: "closed" }))
    .addEdge(START, "read")
    .addConditionalEdges("read", triage, triage.destinations)
    .addConditionalEdges("billing", tone, tone.destinations)
    .addConditionalEdges("tech", tone, tone.destinations)
    .addConditionalEdges("brief", followUp, followUp.destinations)
    .addConditionalEdges("warm", followUp, followUp.destinations)
    .addEdge("call", END)
    .addEdge("close", END)
    .compile();
  const wrapped = loop.wrap(graph, { workflowType: "tickets" });
  return {
    /** Runs one ticket; what came of it. */
    run: (input: TicketInput, workflowId: string) => wrapped.invoke(input, { metadata: { workflowId } }),
    /** Resolves when every policy promoted so far serves. */
    ready: () => Promise.all([triage.ready(), tone.ready(), followUp.ready()]),
  };
}

/** What a ticket earned, in [0,1]. */
export function rewardOf({ topic, urgent, team, tone }: Partial<Ticket>, random: () => number): number {
  const right = team === RIGHT_TEAM[topic ?? ""] ? 0.5 : 0;
  return right + ((tone === "brief") === urgent ? 0.4 : 0) + 0.05 * random();
}

/** A thread that waits for a person in the middle, so that its run is stored in two segments. */
export function approvalGraph(loop: CollectiveLearningLoop) {
  const State = new StateSchema({ amount: z.number(), approved: z.boolean().optional() });
  const graph = new StateGraph(State)
    .addNode("ask", ({ amount }) => ({ approved: interrupt<{ amount: number }, boolean>({ amount }) }))
    .addNode("pay", () => ({}))
    .addEdge(START, "ask")
    .addEdge("ask", "pay")
    .addEdge("pay", END)
    .compile({ checkpointer: new MemorySaver() });
  const wrapped = loop.wrap(graph, { workflowType: "approvals" });
  return async (threadId: string, amount: number) => {
    const config = { configurable: { thread_id: threadId }, metadata: { userId: "carol" } };
    await wrapped.invoke({ amount }, config);
    await wrapped.invoke(new Command({ resume: true }), config);
  };
}

/** The agents of the Sentinel. */
export const AGENTS: SentinelAgent[] = ["research", "language", "narrative"].map((capability) => ({
  name: `${capability}Agent`,
  capabilities: [capability],
  runnable: RunnableLambda.from(() => ({ content: capability, quality: 0.8, tokens: 10 })) as never,
}));

const scanner: Scanner = ([territory]) => {
  const id = territory?.id ?? "";
  const task = (n: number, capability: string, dependsOn: string[] = []) => ({
    id: `${id}${n}`,
    title: `${id} ${capability}`,
    workflow: id,
    capabilities: [capability],
    dependsOn,
  });
  return {
    tasks: [task(1, "research"), task(2, "language"), task(3, "narrative", [`${id}1`, `${id}2`])],
    exhausted: [id],
    tokens: 5,
  };
};

/** A Sentinel that learns in the loop. */
export function sentinelGraph(loop: CollectiveLearningLoop, clock: ManualClock) {
  const graph = createSentinelOrchestrator({
    agents: AGENTS,
    scanner,
    clock,
    exploration: 0.3,
    advisor: "node",
  }).compile({
    name: "atlas",
  });
  loop.attach(graph);
  return {
    run: (workflowId: string) =>
      graph.invoke(
        { goal: "an atlas", territories: [{ id: "a", title: "A" }] },
        { recursionLimit: sentinelRecursionLimit(20), metadata: { workflowId } },
      ),
    ready: async () => sentinelOf(graph)?.ready(),
  };
}
