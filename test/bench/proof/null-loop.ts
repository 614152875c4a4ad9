import {
  CollectiveLearningLoop,
  createRng,
  type LoopRouterOptions,
  ManualClock,
  type Rng,
  UserFeedback,
} from "langgraph-collective-learning";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { LEVEL, levelOf, MINUTE, type NullWorld, pays, USERS } from "./null-worlds.js";

/** In what way nothing is to be gained, in the loop as users run it: it retrains by its own rule, and reads many fields. */
export type LoopNullWorld = Exclude<NullWorld, "retrained each cycle"> | "many fields";

const WAYS = ["a", "b", "c", "d"] as const;
type Way = (typeof WAYS)[number];
const CYCLES = 40;
const PER_CYCLE = 50;

/** What a run is like before anything was chosen. */
interface Run {
  count: number;
  kind: string;
  user: string;
  fields: Record<string, number>;
  step: number;
  allowed: Record<Way, boolean>;
}

interface World {
  options?: Partial<LoopRouterOptions<Run, Way>>;
  gate?: { cluster: "user" };
  /** Decisions of one run (1). */
  steps?: number;
  /** The reward of a run by what was chosen. */
  earns(run: Run, chosen: readonly Way[], rng: Rng): number;
  /** How the reward comes to be known; by itself and at once where nothing else is said. */
  tell?(life: Life, workflowId: string, run: Run, reward: number): Promise<void>;
}

/** One life under way. */
interface Life {
  loop: CollectiveLearningLoop;
  clock: ManualClock;
  rng: Rng;
  /** What will be said, and when. */
  due: { at: number; say(): Promise<unknown> }[];
}

const levelOfUser = ({ user }: Run) => levelOf(Number(user.slice(1)));

/** People who were let down answer later, and one of four never in time. */
async function late({ loop, clock, rng, due }: Life, workflowId: string, _: Run, reward: number): Promise<void> {
  const at = clock.now() + MINUTE * -Math.log(1 - rng.next()) * (reward === 1 ? 20 : 90);
  due.push({
    at,
    say: () => loop.feedback.submitFeedback({ workflowId, userId: "ann", ratings: { satisfaction: reward } }),
  });
}

/** The product's own draw of who is asked; it is told to expect much of runs that went well. */
async function selected({ loop }: Life, workflowId: string, run: Run, reward: number): Promise<void> {
  const expectedReward = reward === 1 ? 0.9 : 0.3;
  const request = await loop.feedback.considerRequest({
    workflowId,
    userId: `${run.user}-${run.count}`,
    expectedReward,
  });
  if (!request) return;
  const said = new UserFeedback(workflowId, request.userId).setRatings({ satisfaction: reward });
  await loop.feedback.submitFeedback(said);
}

/** One change alone may help here, and both together earn less than none: no version is judged by a half of what it does. */
function interacting(_: Run, chosen: readonly Way[], rng: Rng): number {
  const changed = chosen.filter((way) => way !== "a").length;
  return pays({ rng }, [LEVEL, LEVEL, LEVEL - 0.3][changed]);
}

export const LOOP_NULL_WORLDS: Record<LoopNullWorld, World> = {
  plain: { earns: (_, __, rng) => pays({ rng }) },
  "late ratings": { earns: (_, __, rng) => pays({ rng }), tell: late },
  "selected feedback": { earns: (_, __, rng) => pays({ rng }), tell: selected },
  "30 users": { gate: { cluster: "user" }, earns: (run, _, rng) => pays({ rng }, levelOfUser(run)) },
  "sticky users": {
    options: { trial: { stickyBy: "user" } },
    earns: (run, _, rng) => pays({ rng }, levelOfUser(run)),
  },
  "interacting steps": { steps: 2, earns: interacting },
  "drifting level": { earns: ({ count }, _, rng) => pays({ rng }, 0.5 + 0.4 * Math.sin(count / 300)) },
  "changing candidates": { options: { mask: (run) => run.allowed }, earns: (_, __, rng) => pays({ rng }) },
  "many fields": {
    options: { context: (run) => ({ kind: run.kind, ...run.fields }) },
    earns: (_, __, rng) => pays({ rng }),
  },
  "heavy propensities": { options: { exploration: 0.01 }, earns: (_, __, rng) => pays({ rng }) },
};

/**
 * The life of a decision point at which no destination is better than another, over 40 learning cycles of the loop itself:
 * its router, store, thread, learner and gate. Whether any version was ever promoted.
 */
export async function promotesInLoop(seed: number, name: LoopNullWorld): Promise<boolean> {
  const { options, gate, steps = 1, earns, tell } = LOOP_NULL_WORLDS[name];
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const rng = createRng(`null-loop/${name}/${seed}`);
  const loop = await CollectiveLearningLoop.open({
    store: createMemoryStore(),
    clock,
    seed,
    ...(gate && { gate }),
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
  });
  const life: Life = { loop, clock, rng, due: [] };
  const route = loop.router<Run, Way>({
    decisionPoint: "way",
    destinations: WAYS,
    context: (run) => ({ kind: run.kind, noise: run.fields.x0 ?? 0, step: run.step }),
    fallback: () => "a",
    exploration: 0.1,
    ...options,
  });
  let count = 0;
  const play = async () => {
    clock.advance(MINUTE);
    for (const { say } of life.due.filter((d) => d.at <= clock.now())) await say();
    life.due = life.due.filter((d) => d.at > clock.now());
    const workflowId = `run-${seed}-${count}`;
    const fields = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`x${i}`, rng.next()]));
    const allowed = Object.fromEntries(
      WAYS.map((way, i) => [way, i === 0 || ((count >> 6) + i) % 3 !== 0 || rng.next() < 0.3]),
    ) as Record<Way, boolean>;
    const run: Run = { count, kind: `k${rng.int(4)}`, user: `u${rng.int(USERS)}`, fields, allowed, step: 0 };
    const chosen: Way[] = [];
    for (run.step = 1; run.step <= steps; run.step++) {
      const metadata = { workflowId, userId: run.user, langgraph_step: run.step };
      // As LangGraph calls it at the root of a graph: without a place and a task of its own, draws would be of random ids.
      const configurable = { checkpoint_ns: "", __pregel_task_id: `${workflowId}-${run.step}` };
      chosen.push(await route.invoke({ ...run }, { metadata, configurable }));
    }
    const reward = earns(run, chosen, rng);
    if (tell) await tell(life, workflowId, run, reward);
    else await loop.feedback.submitOutcome(workflowId, reward);
    count++;
  };
  let promoted = false;
  for (let cycle = 0; cycle < CYCLES && !promoted; cycle++) {
    for (let i = 0; i < PER_CYCLE; i++) await play();
    await loop.triggerLearningCycle();
    promoted = loop.registry.champion("policy/way") !== undefined;
  }
  await loop.close();
  return promoted;
}
