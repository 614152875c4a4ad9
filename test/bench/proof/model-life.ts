import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng, ManualClock, shuffled } from "langgraph-collective-learning";
import { z } from "zod";
import { createMemoryStore } from "../../../src/store/index.js";
import type { ModelWorld, Question } from "./model-worlds.js";

/** What one life of the real loop came to. */
export interface LoopLife {
  /** Runs until the first promotion; undefined where there was none. */
  promotedAt?: number;
  /** True gain per run over the fallback on the half that was never seen, at the promotion and at the end. */
  gainAtPromotion?: number;
  gainAtEnd: number;
  /** The same on the half that came, where each question comes again after as many runs: what a trial proves. */
  gainOnTraffic: number;
  /** The least true gain on the half that came of any version that ever served; zero where the fallback always did. */
  leastServed: number;
  /** Mean reward before the promotion less the fallback's on the same runs, known without noise. */
  beforePromotion: number;
  /** Mean reward of the whole life less the fallback's. */
  earned: number;
  verdicts: string[];
}

/** How a life is led. */
export interface LifeOptions {
  order: number;
  runs: number;
  perCycle: number;
  withText: boolean;
  exploration: number;
  upTo?: number;
}

/** Questions stream through a graph with a learned edge, in the real loop. */
export async function modelLife(world: ModelWorld, options: LifeOptions): Promise<LoopLife> {
  const { models, stream, held, fallback } = world;
  const { order, runs, perCycle, withText, exploration, upTo } = options;
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
    fallback: () => models[fallback] ?? "",
    exploration,
    ...(upTo !== undefined && { trial: { upTo } }),
  });
  const built = new StateGraph(State).addNode(
    Object.fromEntries([["read", () => ({})], ...models.map((m) => [m, () => ({ model: m })])]),
  ) as unknown as StateGraph<typeof State, typeof State.State, Partial<typeof State.State>, string>;
  built.addEdge(START, "read").addConditionalEdges("read", router, [...models]);
  for (const m of models) built.addEdge(m, END);
  const graph = loop.wrap(built.compile(), { workflowType: "models" });
  const gainOf = (q: Question, model: string) => (q.rewards[models.indexOf(model)] ?? 0) - (q.rewards[fallback] ?? 0);
  const champion = () => loop.registry.champion("policy/model")?.version;
  const trueGain = async (of: readonly Question[]) => {
    if (champion() === undefined) return 0;
    let sum = 0;
    for (const q of of) {
      const { destination } = await loop.optimizeOrchestratorDecision({ q } as never, { decisionPoint: "model" });
      sum += gainOf(q, destination);
    }
    return sum / of.length;
  };

  const life: LoopLife = {
    gainAtEnd: 0,
    gainOnTraffic: 0,
    leastServed: 0,
    beforePromotion: 0,
    earned: 0,
    verdicts: [],
  };
  const least: number[] = [];
  const rng = createRng(`order/${order}`);
  let queue: Question[] = [];
  let [before, all] = [0, 0];
  let served = champion();
  for (let i = 0; i < runs; i++) {
    if (queue.length === 0) queue = shuffled(stream, rng);
    const q = queue.pop() as Question;
    clock.advance(60_000);
    const workflowId = `run-${i}`;
    const { model = "" } = await graph.invoke({ q }, { metadata: { workflowId } });
    all += gainOf(q, model);
    if (life.promotedAt === undefined) before += gainOf(q, model);
    await loop.feedback.submitOutcome(workflowId, q.rewards[models.indexOf(model)] ?? 0);
    if ((i + 1) % perCycle !== 0) continue;
    const { steps } = await loop.triggerLearningCycle();
    life.verdicts.push(`${i + 1}: ${steps.find((s) => s.component === "routing/model")?.message ?? ""}`);
    if (champion() === served) continue;
    served = champion();
    if (served === undefined) continue;
    least.push(await trueGain(stream));
    if (life.promotedAt !== undefined) continue;
    life.promotedAt = i + 1;
    life.gainAtPromotion = await trueGain(held);
  }
  life.beforePromotion = before / (life.promotedAt ?? runs);
  life.earned = all / runs;
  life.gainAtEnd = await trueGain(held);
  life.gainOnTraffic = await trueGain(stream);
  life.leastServed = least.length > 0 ? Math.min(...least) : 0;
  await loop.close();
  return life;
}
