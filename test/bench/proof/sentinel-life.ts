import { CollectiveLearningLoop, createRng, ManualClock } from "langgraph-collective-learning";
import {
  type AgentBrief,
  createSentinelOrchestrator,
  type SentinelAgent,
  sentinelRecursionLimit,
} from "langgraph-collective-learning/sentinel";
import { createMemoryStore } from "../../../src/store/index.js";

/** What one life of a Sentinel under the loop came to. */
export interface SentinelLife {
  /** Runs until a policy that was trained in simulation was promoted; undefined where there was none. */
  promotedAt?: number;
  /** Mean outcome of the next runs under the promoted policy less that of the rules on the same worlds. */
  gain?: { mean: number; standardError: number; runs: number };
  verdicts: string[];
}

const STEPS = 14;
const BUDGET = { steps: STEPS, tokens: 4_000 };
/** Four agents who say the same of themselves; what they are is not told. */
const CREW = [
  { name: "ada", quality: 0.9, failure: 0.05, tokens: 260 },
  { name: "ben", quality: 0.75, failure: 0.1, tokens: 180 },
  { name: "cyd", quality: 0.5, failure: 0.25, tokens: 160 },
  { name: "dov", quality: 0.35, failure: 0.6, tokens: 320 },
] as const;
/** Creative work without an insight is worth this share of what it could be. */
const UNINSPIRED = 0.45;

/** The crew on one world: the same seed brings the same work, and the same luck to the same agent on the same task. */
function crewOf(seedOf: () => string): SentinelAgent[] {
  return CREW.map(({ name, quality, failure, tokens }) => ({
    name,
    capabilities: ["write"],
    tokens: 220,
    quality: 0.65,
    runnable: {
      invoke: async (brief: AgentBrief) => {
        const rng = createRng(`${seedOf()}/${name}/${brief.task.id}`);
        if (rng.next() < failure) throw new Error("no answer");
        const inspired = !brief.task.creative || brief.insight !== undefined;
        const own = quality * (0.85 + 0.3 * rng.next()) * (inspired ? 1 : UNINSPIRED);
        return { content: `${name} on ${brief.task.title}`, quality: Math.min(1, own), tokens };
      },
    } as never,
  }));
}

const TERRITORIES = ["north", "south", "west"].map((id) => ({ id, title: id }));
/** Each territory holds a workflow: two drafts and a tale that builds on them, each of them creative in three of five cases. */
const TASKS = 3 * TERRITORIES.length;

function sentinelOver(seedOf: () => string, more: object) {
  return createSentinelOrchestrator({
    agents: crewOf(seedOf),
    scanner: ([territory]) => {
      const id = territory?.id ?? "";
      const rng = createRng(`${seedOf()}/${id}`);
      const task = (n: number, dependsOn: number[] = []) => ({
        id: `${id}${n}`,
        title: `${id} ${n}`,
        workflow: id,
        capabilities: ["write"],
        dependsOn: dependsOn.map((d) => `${id}${d}`),
        creative: rng.next() < 0.6,
      });
      return { tasks: [task(1), task(2), task(3, [1, 2])], exhausted: [id], tokens: 60 };
    },
    inspiration: () => ({ insights: ["a river is never the same"], tokens: 40 }),
    budget: BUDGET,
    clock: new ManualClock(),
    ...more,
  }).compile();
}

type Report = { finalReport?: { results: { quality: number }[] } | null };
/** What a person who asked for all of it would say: the quality they got, of all they could have got. */
const outcomeOf = (out: Report) =>
  Math.min(1, (out.finalReport?.results ?? []).reduce((sum, r) => sum + r.quality, 0) / TASKS);

/** One life: runs by the rules, training in simulation on their traces, a trial by run, and then the next `after` runs. */
export async function sentinelLife(options: {
  seed: number;
  runs: number;
  perCycle: number;
  trainAfter: number;
  totalSteps: number;
  after: number;
}): Promise<SentinelLife> {
  const { seed, runs, perCycle, trainAfter, totalSteps, after } = options;
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore(),
    clock,
    seed,
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
  });
  let world = "";
  const input = { goal: "an atlas", territories: TERRITORIES };
  const config = (workflowId: string) => ({ metadata: { workflowId }, recursionLimit: sentinelRecursionLimit(STEPS) });
  const graph = loop.wrap(
    sentinelOver(() => world, { loop, exploration: 0.2 }),
    { workflowType: "sentinel" },
  );
  const rules = sentinelOver(() => world, {});
  const life: SentinelLife = { verdicts: [] };
  const play = async (i: number) => {
    world = `life/${seed}/${i}`;
    clock.advance(60_000);
    const out = (await graph.invoke(input, config(`run-${i}`))) as Report;
    await loop.feedback.submitOutcome(`run-${i}`, outcomeOf(out));
    return outcomeOf(out);
  };
  let i = 0;
  while (i < runs && life.promotedAt === undefined) {
    await play(i++);
    if (i === trainAfter) {
      const trained = await loop.trainOrchestrator({ agents: crewOf(() => world), budget: BUDGET, totalSteps, seed });
      const gain = trained.comparison.gains["baseline"];
      life.verdicts.push(`${i}: trained, ${trained.version ?? "not published"}: ${JSON.stringify(gain)}`);
    }
    if (i % perCycle !== 0) continue;
    const { steps } = await loop.triggerLearningCycle();
    life.verdicts.push(`${i}: ${steps.find((s) => s.component === "routing/sentinel")?.message ?? ""}`);
    if (loop.registry.champion("policy/sentinel")) life.promotedAt = i;
  }
  if (life.promotedAt !== undefined) {
    const gains: number[] = [];
    for (let k = 0; k < after; k++) {
      const mine = await play(i++);
      gains.push(mine - outcomeOf((await rules.invoke(input, config(`rules-${i}`))) as Report));
    }
    const mean = gains.reduce((s, g) => s + g, 0) / gains.length;
    const variance = gains.reduce((s, g) => s + (g - mean) ** 2, 0) / Math.max(1, gains.length - 1);
    life.gain = { mean, standardError: Math.sqrt(variance / gains.length), runs: gains.length };
  }
  await loop.close();
  return life;
}
