/**
 * Sentinels that are not the one whose world the learner was tuned on: a newsroom, a support desk, a research desk, and a
 * world about twice as large. Their numbers were written down once, before anything was trained on them.
 */
import { beta, constant, lognormal, type OrchestratorWorld, standardWorld } from "../../../src/environments/index.js";
import { DEFAULT_RULES } from "../../../src/orchestration/index.js";

type AgentModel = OrchestratorWorld["agents"][number];
type TaskTemplate = OrchestratorWorld["templates"][number]["tasks"][number];

const MINUTE = 60_000;

/** What sets one agent apart. */
interface Person {
  can: string[];
  minutes: number;
  quality: number;
  tokens: number;
  failure?: number;
  broken?: number;
  slots?: number;
}

/** All agents of a crew say the same of their quality and reliability; what they are shows in their work. */
function crew(people: Record<string, Person>): AgentModel[] {
  return Object.entries(people).map(([name, p]) => ({
    declared: {
      name,
      capabilities: p.can,
      concurrency: p.slots ?? 1,
      durationMs: p.minutes * MINUTE,
      tokens: p.tokens,
      costUsd: p.tokens * 4e-6,
      quality: 0.7,
      reliability: 0.9,
    },
    duration: lognormal(p.minutes * MINUTE, 0.4),
    quality: beta(p.quality, 25),
    tokens: lognormal(p.tokens, 0.35),
    costUsd: constant(p.tokens * 4e-6),
    failure: p.failure ?? 0.05,
    overloadFailure: 0.4,
    comfortLoad: 0.4,
    broken: p.broken ?? 0.03,
    brokenFailure: 0.7,
  }));
}

const task = (can: string[], dependsOn: number[], priority: number, creative = false): TaskTemplate => ({
  capabilities: can,
  dependsOn,
  priority: { kind: "discrete", values: [priority / 2, priority], probabilities: [0.5, 0.5] },
  creative,
});

/** A deadline, stories of different worth, a fast reporter who errs and a slow one who does not. */
export function newsroom(): OrchestratorWorld {
  return {
    agents: crew({
      agencyReader: { can: ["report"], minutes: 1, quality: 0.6, tokens: 1_500, failure: 0.12, slots: 2 },
      reporter: { can: ["report", "write"], minutes: 5, quality: 0.85, tokens: 4_000 },
      checker: { can: ["check"], minutes: 3, quality: 0.85, tokens: 2_500 },
      writer: { can: ["write"], minutes: 4, quality: 0.8, tokens: 4_500 },
      pictures: { can: ["pictures"], minutes: 2, quality: 0.75, tokens: 1_000, broken: 0.1 },
    }),
    templates: [
      { tasks: [task(["report"], [], 0.8), task(["check"], [0], 1), task(["write"], [1], 1)] },
      { tasks: [task(["report"], [], 0.4), task(["pictures"], [], 0.3), task(["write"], [0, 1], 0.7, true)] },
      { tasks: [task(["report"], [], 0.3)] },
    ],
    territories: [
      { id: "city", title: "City", scans: 5, templates: [0.3, 0.3, 0.4] },
      { id: "politics", title: "Politics", scans: 4, templates: [0.6, 0.1, 0.3] },
      { id: "culture", title: "Culture", scans: 3, templates: [0.1, 0.7, 0.2] },
    ],
    scan: { duration: lognormal(0.5 * MINUTE, 0.3), tokens: constant(800) },
    inspiration: { duration: lognormal(3 * MINUTE, 0.3), tokens: constant(2_000) },
    coordination: { baseMs: MINUTE, pairMs: 0.5 * MINUTE },
    monitorMs: 0.2 * MINUTE,
    optimizeMs: 0.2 * MINUTE,
    withoutInsight: 0.6,
    interference: 0.08,
    mismatchFloor: 0.4,
    budget: { steps: 60, timeMs: 50 * MINUTE, tokens: 90_000 },
    rules: { ...DEFAULT_RULES, loadWindowMs: 5 * MINUTE },
  };
}

/** Many small tickets, few of them urgent, nothing creative, and money that runs out. */
export function supportDesk(): OrchestratorWorld {
  return {
    agents: crew({
      bot: { can: ["answer"], minutes: 0.5, quality: 0.55, tokens: 800, slots: 3 },
      agent: { can: ["answer", "billing"], minutes: 2, quality: 0.8, tokens: 3_000 },
      billing: { can: ["billing"], minutes: 2, quality: 0.85, tokens: 2_500 },
      engineer: { can: ["technical", "answer"], minutes: 6, quality: 0.9, tokens: 8_000 },
      search: { can: ["lookup"], minutes: 0.5, quality: 0.8, tokens: 600, failure: 0.1, broken: 0.15, slots: 2 },
    }),
    templates: [
      { tasks: [task(["answer"], [], 0.3)] },
      { tasks: [task(["lookup"], [], 0.2), task(["billing"], [0], 0.7)] },
      { tasks: [task(["lookup"], [], 0.2), task(["technical"], [0], 1), task(["answer"], [1], 0.4)] },
    ],
    territories: [
      { id: "mail", title: "Mail", scans: 12, templates: [0.6, 0.3, 0.1] },
      { id: "chat", title: "Chat", scans: 12, templates: [0.7, 0.2, 0.1] },
      { id: "escalations", title: "Escalations", scans: 4, templates: [0, 0.3, 0.7] },
    ],
    scan: { duration: constant(0.2 * MINUTE), tokens: constant(200) },
    inspiration: { duration: constant(MINUTE), tokens: constant(1_000) },
    coordination: { baseMs: 0.3 * MINUTE, pairMs: 0.1 * MINUTE },
    monitorMs: 0.1 * MINUTE,
    optimizeMs: 0.1 * MINUTE,
    withoutInsight: 1,
    interference: 0.02,
    mismatchFloor: 0.3,
    budget: { steps: 80, timeMs: 45 * MINUTE, costUsd: 0.3 },
    rules: { ...DEFAULT_RULES, parallelism: 4, inspiration: false, loadWindowMs: 2 * MINUTE, maxAttempts: 2 },
  };
}

/** Long questions in chains, results that disagree, a source that is often down, and tokens that run out first. */
export function researchDesk(): OrchestratorWorld {
  return {
    agents: crew({
      webSearch: { can: ["search"], minutes: 1, quality: 0.7, tokens: 2_000, failure: 0.1, broken: 0.2, slots: 2 },
      library: { can: ["search", "read"], minutes: 4, quality: 0.85, tokens: 5_000 },
      reader: { can: ["read"], minutes: 3, quality: 0.8, tokens: 6_000, slots: 2 },
      statistician: { can: ["analyse"], minutes: 5, quality: 0.85, tokens: 5_000 },
      essayist: { can: ["write", "analyse"], minutes: 6, quality: 0.8, tokens: 7_000 },
      critic: { can: ["review"], minutes: 2, quality: 0.75, tokens: 3_000 },
    }),
    templates: [
      { tasks: [task(["search"], [], 0.3), task(["read"], [0], 0.5), task(["write"], [1], 1, true)] },
      {
        tasks: [
          task(["search"], [], 0.3),
          task(["search"], [], 0.3),
          task(["read"], [0], 0.4),
          task(["analyse"], [1, 2], 0.8, true),
          task(["review"], [3], 0.6),
        ],
      },
      { tasks: [task(["read"], [], 0.4), task(["review"], [0], 0.5)] },
    ],
    territories: [
      { id: "question", title: "The question itself", scans: 3, templates: [0.4, 0.5, 0.1] },
      { id: "neighbours", title: "Neighbouring fields", scans: 4, templates: [0.5, 0.2, 0.3] },
      { id: "objections", title: "Objections", scans: 3, templates: [0.2, 0.2, 0.6] },
      { id: "data", title: "Data", scans: 2, templates: [0, 0.9, 0.1] },
    ],
    scan: { duration: lognormal(2 * MINUTE, 0.4), tokens: constant(2_500) },
    inspiration: { duration: lognormal(2 * MINUTE, 0.3), tokens: constant(2_500) },
    coordination: { baseMs: MINUTE, pairMs: MINUTE },
    monitorMs: 0.2 * MINUTE,
    optimizeMs: 0.2 * MINUTE,
    withoutInsight: 0.7,
    interference: 0.12,
    mismatchFloor: 0.5,
    budget: { steps: 60, timeMs: 90 * MINUTE, tokens: 110_000 },
    rules: { ...DEFAULT_RULES, loadWindowMs: 6 * MINUTE, insightLifetimeSteps: 8 },
  };
}

/** The standard world twice over: fourteen agents, ten territories, five at work at a time, more to decide within an episode. */
export function largeWorld(): OrchestratorWorld {
  const world = standardWorld();
  const again = world.agents.map((a) => ({ ...a, declared: { ...a.declared, name: `second ${a.declared.name}` } }));
  const territories = world.territories.map((t) => ({ ...t, id: `far ${t.id}`, title: `Far ${t.title}` }));
  return {
    ...world,
    agents: [...world.agents, ...again],
    territories: [...world.territories, ...territories],
    budget: { steps: 120, timeMs: 75 * MINUTE, tokens: 150_000 },
    rules: { ...world.rules, parallelism: 5, maxInspirations: 12 },
  };
}
