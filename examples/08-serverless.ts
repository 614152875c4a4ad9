// A serverless function: it answers at once, and its host keeps it alive until the run is written.

import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";

/** Stands in for `waitUntil` of `@vercel/functions`, `ctx.waitUntil` of an edge function, or Next.js' `after`. */
const kept: Promise<unknown>[] = [];
const waitUntil = (work: Promise<unknown>) => void kept.push(work);

// Opened once per instance, outside of the handler. `serve` trains nothing: a cron job does, by
// `collective-learning cycle`. Instances that come and go want a store that lasts: openPostgresStore.
const loop = await CollectiveLearningLoop.open({
  storagePath: process.env.LEARNING_DIR ?? "./learning",
  role: "serve",
  capture: { buffer: { waitUntil, processHooks: false } },
});
const State = Annotation.Root({ topic: Annotation<string>, reply: Annotation<string> });
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("billing", () => ({ reply: "Billing answers." }))
    .addNode("tech", () => ({ reply: "Tech answers." }))
    .addConditionalEdges(
      START,
      loop.router<typeof State.State, "billing" | "tech">({
        decisionPoint: "triage",
        destinations: ["billing", "tech"],
        context: ({ topic }) => ({ topic }),
        fallback: ({ topic }) => (topic === "invoice" ? "billing" : "tech"),
      }),
      ["billing", "tech"],
    )
    .compile(),
  { workflowType: "support" },
);

/** The function itself. */
async function POST(request: Request): Promise<Response> {
  const { topic, workflowId } = (await request.json()) as { topic: string; workflowId: string };
  const { reply } = await graph.invoke({ topic }, { metadata: { workflowId } });
  return Response.json({ reply });
}

const body = JSON.stringify({ topic: "invoice", workflowId: "request-1" });
const response = await POST(new Request("http://localhost/api/support", { method: "POST", body }));
console.log(await response.json(), `${kept.length} writings keep the instance alive`);

// The host freezes the instance when these are done, and not before.
await Promise.all(kept);
const { queued, written } = loop.tracer.counters();
console.log({ queued, written });
await loop.close();
