import { CollectiveLearningLoop, type Decision, type Logger, ManualClock } from "langgraph-collective-learning";
import { type FactTypes, openFileStore } from "langgraph-collective-learning/store";
import { drawsFrom, sentinelGraph, ticket, ticketGraph } from "./scene.js";

/** Distinct contexts that each learned decision point is asked about. */
const CONTEXTS = 30;
/** Tickets that are sent through the graph. */
export const TICKETS = 12;

/** Everything stored in a folder, as the file store reads it. */
export async function factsIn(folder: string, logger: Logger) {
  const [traces, feedback, models] = ["traces", "feedback", "models"].map((f) => `${folder}/${f}`) as [
    string,
    string,
    string,
  ];
  const store = await openFileStore({ traces, feedback, models, logger });
  const all = async <K extends keyof FactTypes>(kind: K) => {
    const found: FactTypes[K][] = [];
    for await (const batch of store.read(kind)) found.push(...batch.facts);
    return found;
  };
  const facts = { trace: await all("trace"), decision: await all("decision"), feedback: await all("feedback") };
  await store.close();
  return facts;
}

/** How many facts of each kind there are, and what is in them. */
export function countsOf({ trace, decision, feedback }: Awaited<ReturnType<typeof factsIn>>) {
  const sum = (of: (t: (typeof trace)[number]) => number) => trace.reduce((n, t) => n + of(t), 0);
  return {
    trace: {
      segments: trace.length,
      runs: new Set(trace.map((t) => t.workflowId)).size,
      resumed: trace.filter((t) => t.resumed).length,
      nodes: sum((t) => t.nodes.length),
      edges: sum((t) => t.edges.length),
      byType: tally(trace.map((t) => t.workflowType)),
      byStatus: tally(trace.map((t) => t.status)),
    },
    decision: {
      all: decision.length,
      runs: new Set(decision.map((d) => d.workflowId)).size,
      byPoint: tally(decision.map((d) => d.decisionPoint)),
      byMode: tally(decision.map((d) => d.mode)),
      bySource: tally(decision.map((d) => d.source)),
      byVersion: tally(decision.map((d) => `${d.decisionPoint} ${d.policyVersion ?? "none"}`)),
    },
    feedback: {
      all: feedback.length,
      runs: new Set(feedback.map((f) => f.workflowId)).size,
      bySource: tally(feedback.map((f) => f.source)),
      byUser: tally(feedback.map((f) => f.userId)),
      byPart: tally(feedback.flatMap((f) => PARTS.filter((part) => f[part] !== undefined))),
    },
  };
}
const PARTS = ["cat", "ratings", "outcome", "thumbs", "comment", "tags", "preference", "correction"] as const;

/** Distinct contexts at a decision point, as they were logged. */
export function contextsAt(decisions: readonly Decision[], decisionPoint: string) {
  const distinct = new Map(
    decisions
      .filter((d) => d.decisionPoint === decisionPoint)
      .map((d) => [JSON.stringify(d.context), { context: d.context, candidates: d.candidates }]),
  );
  return [...distinct.values()].slice(0, CONTEXTS);
}

/** What the policy that serves at a decision point would do in some contexts. */
export function advised(loop: CollectiveLearningLoop, decisionPoint: string, asked: ReturnType<typeof contextsAt>) {
  return Promise.all(
    asked.map(async ({ context, candidates }) => {
      const advice = await loop.optimizeOrchestratorDecision(context, { decisionPoint, candidates });
      const { source, policyVersion, probabilities, actions } = advice;
      const expectedRewards = Object.fromEntries(actions.map((a) => [a.destination, a.expectedReward]));
      return { source, policyVersion: policyVersion ?? null, probabilities, expectedRewards };
    }),
  );
}

/** New runs of the graphs: what was chosen at each point, with which probability, under which version. */
async function served(loop: CollectiveLearningLoop, clock: ManualClock) {
  const tickets = ticketGraph(loop);
  const sentinel = sentinelGraph(loop, clock);
  await Promise.all([tickets.ready(), sentinel.ready()]);
  const random = drawsFrom(2);
  for (let n = 0; n < TICKETS; n++) {
    clock.advance(60_000);
    await tickets.run(ticket(n, random), `again-${n}`);
  }
  await sentinel.run("again-atlas");
  const runs: Record<string, object[]> = {};
  for (const workflowId of [...Array.from({ length: TICKETS }, (_, n) => `again-${n}`), "again-atlas"])
    runs[workflowId] = (await loop.getDecisions(workflowId)).map(
      ({ decisionPoint, chosen, propensity, policyVersion, mode, source }) => ({
        decisionPoint,
        chosen,
        propensity: propensity ?? null,
        policyVersion: policyVersion ?? null,
        mode,
        source,
      }),
    );
  return runs;
}

/** What the loop knows besides: versions, modes, prompts, requests, the pattern report. */
async function known(loop: CollectiveLearningLoop) {
  const { registry, prompts, feedback } = loop;
  const names = registry.names();
  const { decisionPoints, warnings, cyclesCompleted, components } = await loop.getLearningStatus();
  const patterns = (await registry.load("patterns", registry.champion("patterns")!.version)) as {
    runs: number;
    patternsTested: number;
  };
  return {
    champions: Object.fromEntries(names.map((n) => [n, registry.champion(n)?.version ?? null])),
    versions: Object.fromEntries(names.map((n) => [n, registry.versions(n).map((v) => v.version)])),
    pinned: names.filter((n) => registry.isPinned(n)),
    events: registry.history().length,
    points: Object.fromEntries(
      decisionPoints.map(({ decisionPoint, mode, decisions, rated }) => [decisionPoint, { mode, decisions, rated }]),
    ),
    warnings,
    cyclesCompleted,
    components: Object.fromEntries(Object.entries(components).map(([name, c]) => [name, c.state])),
    prompts: Object.fromEntries(prompts.ids().map((id) => [id, prompts.list(id).map((v) => v.version)])),
    experiments: Object.fromEntries(
      prompts.ids().map((id) => [id, prompts.experiments(id).map((e) => ({ key: e.key, ended: e.ended ?? null }))]),
    ),
    pendingRequests: (await feedback.pendingRequests()).map(({ workflowId, userId, reason }) => ({
      workflowId,
      userId,
      reason,
    })),
    patterns: { runs: patterns.runs, patternsTested: patterns.patternsTested },
  };
}

function tally(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.map(String).sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** A few runs with all that is known of them: a ticket judged twice, one that the policies served, one that was resumed. */
async function samples(loop: CollectiveLearningLoop, { trace }: Awaited<ReturnType<typeof factsIn>>) {
  const resumed = trace.find((t) => t.resumed)!.workflowId;
  const runs = ["ticket-0", "ticket-260", resumed].map(async (workflowId) => ({
    trace: await loop.getTrace(workflowId),
    decisions: await loop.getDecisions(workflowId),
    feedback: await loop.feedback.getFeedback(workflowId),
  }));
  // As they are after having been written and read: what is undefined is left out.
  return JSON.parse(JSON.stringify(await Promise.all(runs))) as unknown[];
}

/** Complaints of a logger, kept. */
export function listener() {
  const complaints: string[] = [];
  const keep = (level: string) => (message: string, fields?: object) => {
    complaints.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: () => {}, info: () => {}, warn: keep("warn"), error: keep("error") };
  return { logger, complaints };
}

/**
 * Opens a folder (which is changed by it) and asks all that can be asked without learning.
 * @param now when, in milliseconds since 1970: after the last fact
 * @param asked contexts by decision point; by default those found in the folder
 */
export async function answersOf(folder: string, now: number, given?: Record<string, ReturnType<typeof contextsAt>>) {
  const { logger, complaints } = listener();
  const facts = await factsIn(folder, logger);
  const clock = new ManualClock(now);
  const loop = await CollectiveLearningLoop.open({ storagePath: folder, clock, seed: 1, logger });
  const before = await known(loop);
  const contexts =
    given ?? Object.fromEntries(["triage", "tone", "sentinel"].map((p) => [p, contextsAt(facts.decision, p)]));
  const advice: Record<string, Awaited<ReturnType<typeof advised>>> = {};
  for (const [point, asked] of Object.entries(contexts)) advice[point] = await advised(loop, point, asked);
  const predictions = await loop.predictRewards(["ticket-4", "ticket-9", "ticket-103", "ticket-113", "ticket-231"]);
  const answers = {
    now,
    counts: countsOf(facts),
    known: before,
    samples: await samples(loop, facts),
    predictions,
    served: await served(loop, clock),
    contexts,
    advice,
  };
  return { answers, loop, clock, complaints };
}
