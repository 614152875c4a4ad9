// How many passages to fetch: two are cheap and often enough, ten are dear and always enough.
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { z } from "zod";

const TOWNS = ["Arden", "Belmont", "Corby", "Dunmore"];
const THINGS = ["river", "mill", "mayor", "church", "bridge", "market", "school", "harbour"];
const passages = TOWNS.flatMap((town) => THINGS.map((thing) => `the ${thing} of ${town}`));

/** The passages that share the most words with a question. */
function retrieve(question: string, count: number): string[] {
  const asked = new Set(question.split(" "));
  const shared = (passage: string) => passage.split(" ").filter((word) => asked.has(word)).length;
  return [...passages].sort((a, b) => shared(b) - shared(a)).slice(0, count);
}

const State = new StateSchema({ question: z.string(), found: z.array(z.string()).optional() });
const DEPTHS = ["two", "ten"] as const;
await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const depth = loop.router({
  decisionPoint: "depth",
  destinations: DEPTHS,
  context: (s: typeof State.State) => ({ question: s.question, words: s.question.split(" ").length }),
  fallback: () => "ten", // what the graph did so far
  exploration: 0.3,
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("two", (s) => ({ found: retrieve(s.question, 2) }))
    .addNode("ten", (s) => ({ found: retrieve(s.question, 10) }))
    .addConditionalEdges(START, depth, [...DEPTHS])
    .addEdge("two", END)
    .addEdge("ten", END)
    .compile(),
  { workflowType: "retrieval" },
);

const rng = createRng(3);
async function serve(count: number): Promise<string> {
  let reward = 0;
  let fetched = 0;
  for (let i = 0; i < count; i++) {
    const [town, thing] = [TOWNS[rng.int(TOWNS.length)], THINGS[rng.int(THINGS.length)]];
    const one = rng.next() < 0.6;
    const question = one ? `who built the ${thing} of ${town}` : `tell me all that there is in ${town}`;
    const needed = one ? [`the ${thing} of ${town}`] : THINGS.map((each) => `the ${each} of ${town}`);
    const workflowId = `question-${rng.int(1e9)}`;
    const { found = [] } = await graph.invoke({ question }, { metadata: { workflowId } });
    // Complete answers count, less what the passages cost to read.
    const score = needed.every((passage) => found.includes(passage)) ? 1 - 0.05 * found.length : 0;
    reward += score;
    fetched += found.length;
    await loop.feedback.submitOutcome(workflowId, score);
  }
  return `reward ${(reward / count).toFixed(2)}, ${(fetched / count).toFixed(1)} passages a question`;
}

console.log(`watching: ${await serve(400)}`);
for (const stage of ["on trial", "proven"]) {
  const cycle = await loop.triggerLearningCycle();
  console.log(cycle.steps.map((s) => `${s.component}: ${s.message}`).join("\n"));
  if (stage === "on trial") console.log(`${stage}: ${await serve(300)}`);
}
console.log(`learned, acting: ${await serve(100)}`);
