import { readFileSync } from "node:fs";
import { join } from "node:path";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng, ManualClock, shuffled } from "langgraph-collective-learning";
import { z } from "zod";
import { createMemoryStore } from "../../../src/store/index.js";

interface Question {
  task: string;
  text: string;
  chars: number;
  rewards: number[];
}

/** What one life of the real loop came to. */
export interface LoopLife {
  /** Runs until the first promotion; undefined where there was none. */
  promotedAt?: number;
  /** True gain per run over the fallback on the half that was never seen, at the promotion and at the end. */
  gainAtPromotion?: number;
  gainAtEnd: number;
  /** The same on the half that came, where each question comes again after as many runs: what a trial proves. */
  gainOnTraffic: number;
  /** Mean reward before the promotion less the fallback's on the same runs, known without noise. */
  beforePromotion: number;
  verdicts: string[];
}

/** Nine models of llm-routing: one half streams through a graph with a learned edge, the other half tells the truth. */
export async function nineModelsLife(
  folder: string,
  options: { order: number; runs: number; perCycle: number; withText: boolean; exploration: number; upTo?: number },
): Promise<LoopLife> {
  const { order, runs, perCycle, withText, exploration, upTo } = options;
  const read = (file: string) => readFileSync(join(folder, "llm-routing", file), "utf8");
  const models = (JSON.parse(read("llmrouter_9models.meta.json")) as { models: string[] }).models;
  const all = read("llmrouter_9models.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Question);
  const mixed = shuffled(all, createRng("halves"));
  const half = Math.floor(mixed.length / 2);
  const [stream, held] = [mixed.slice(0, half), mixed.slice(half)];
  const meanOf = (m: number, of: readonly Question[]) => of.reduce((s, q) => s + (q.rewards[m] ?? 0), 0) / of.length;
  const ranked = models.map((_, m) => m).sort((a, b) => meanOf(a, stream) - meanOf(b, stream));
  const fallback = ranked[Math.floor(models.length / 2)] ?? 0;

  const State = new StateSchema({ q: z.custom<Question>(), model: z.string().optional() });
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore(),
    clock,
    seed: order,
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
    enableRlTraining: false,
  });
  const contextOf = (q: Question) => ({ task: q.task, chars: q.chars, ...(withText && { text: q.text }) });
  const router = loop.router({
    decisionPoint: "model",
    destinations: models,
    context: (s: typeof State.State) => contextOf(s.q),
    fallback: () => models[fallback],
    exploration,
    ...(upTo !== undefined && { trial: { upTo } }),
  });
  const built = new StateGraph(State).addNode(
    Object.fromEntries([["read", () => ({})], ...models.map((m) => [m, () => ({ model: m })])]),
  ) as unknown as StateGraph<typeof State, typeof State.State, Partial<typeof State.State>, string>;
  built.addEdge(START, "read").addConditionalEdges("read", router, models);
  for (const m of models) built.addEdge(m, END);
  const graph = loop.wrap(built.compile(), { workflowType: "nine" });
  const trueGain = async (of = held) => {
    let sum = 0;
    for (const q of of) {
      const { destination } = await loop.optimizeOrchestratorDecision({ q } as never, { decisionPoint: "model" });
      sum += (q.rewards[models.indexOf(destination)] ?? 0) - (q.rewards[fallback] ?? 0);
    }
    return sum / of.length;
  };

  const life: LoopLife = { gainAtEnd: 0, gainOnTraffic: 0, beforePromotion: 0, verdicts: [] };
  const rng = createRng(`order/${order}`);
  let queue: Question[] = [];
  let lost = 0;
  for (let i = 0; i < runs; i++) {
    if (queue.length === 0) queue = shuffled(stream, rng);
    const q = queue.pop() as Question;
    clock.advance(60_000);
    const workflowId = `run-${i}`;
    const { model } = await graph.invoke({ q }, { metadata: { workflowId } });
    const reward = q.rewards[models.indexOf(model ?? "")] ?? 0;
    if (life.promotedAt === undefined) lost += reward - (q.rewards[fallback] ?? 0);
    await loop.feedback.submitOutcome(workflowId, reward);
    if ((i + 1) % perCycle !== 0) continue;
    const { steps } = await loop.triggerLearningCycle();
    const message = steps.find((s) => s.component === "routing/model")?.message ?? "";
    life.verdicts.push(`${i + 1}: ${message}`);
    if (life.promotedAt === undefined && loop.registry.champion("policy/model")) {
      life.promotedAt = i + 1;
      life.gainAtPromotion = await trueGain();
    }
  }
  life.beforePromotion = lost / (life.promotedAt ?? runs);
  const isServing = loop.registry.champion("policy/model") !== undefined;
  life.gainAtEnd = isServing ? await trueGain() : 0;
  life.gainOnTraffic = isServing ? await trueGain(stream) : 0;
  await loop.close();
  return life;
}
