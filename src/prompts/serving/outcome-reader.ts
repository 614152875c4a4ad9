import {
  type Decision,
  EXPERIMENT_FIELDS,
  type FeedbackRecord,
  oneAtATime,
  type Trace,
  takingTurns,
} from "../../core/index.js";
import { composeReward, givenReward, joinSegments, spentBy } from "../../dataset/index.js";
import { factsOfRuns, type LearningStore } from "../../store/index.js";
import type { Outcome } from "../experiments/index.js";

/** Decision points of prompts: `prompt/ID`. */
export const PROMPT_POINT = "prompt/";
/** Context field of a prompt decision that names who keeps the variant, hashed. */
export const UNIT_FIELD = EXPERIMENT_FIELDS.unit;
/** Context field that names the experiment a decision belongs to. */
export const EXPERIMENT_FIELD = EXPERIMENT_FIELDS.experiment;
/** Context field of the stratum. */
export const STRATUM_FIELD = "prompt.stratum";

/** A served prompt with what came of its run. */
export interface ServedRun {
  promptId: string;
  decision: Decision;
  /** In [0,1]; undefined while unrated. */
  reward?: number;
  /** When the reward became known, ISO. */
  ratedAt?: string;
  trace?: Trace;
  /** What people wrote about the run. */
  comments: string[];
}

/** Computes a run's reward in [0,1]; undefined while unrated. */
export type RewardOf = (feedback: readonly FeedbackRecord[], trace?: Trace) => number | undefined;

/**
 * The rewards of decisions by their ids, null where unrated; what is left out is composed here. Asked when facts
 * of a run changed: an outcome that was counted stays what it was until then, whatever is learned of raters.
 */
export type RewardsOf = (decisionIds: string[]) => Promise<Readonly<Record<string, number | null>>>;

/** The default reward: judgement, tilted by how the run went; unrated without judgement. */
export const judgedReward: RewardOf = (feedback, trace) => composeReward({ feedback, ...(trace && { trace }) }).reward;

/** Joins one prompt decision with its run's facts. */
export function servedRun(
  decision: Decision,
  feedback: readonly FeedbackRecord[],
  trace: Trace | undefined,
  reward: number | undefined,
): ServedRun {
  const first = feedback.map((f) => f.at).sort()[0];
  const ended = trace && new Date(Date.parse(trace.startedAt) + trace.durationMs).toISOString();
  const ratedAt = first ?? ended ?? decision.at;
  return {
    promptId: decision.decisionPoint.slice(PROMPT_POINT.length),
    decision,
    ...(reward !== undefined && { reward, ratedAt: [ratedAt, decision.at].sort()[1] as string }),
    ...(trace && { trace }),
    comments: feedback.flatMap((f) =>
      [f.comment, f.correction && `It should have been: ${f.correction}`].filter((c) => c !== undefined && c !== ""),
    ) as string[],
  };
}

/**
 * The outcomes of an experiment in order of arrival: of each unit the first rated run, since later runs
 * of the same user or thread are not independent of it.
 */
export function outcomesOf(runs: Iterable<ServedRun>, experiment: string): Outcome[] {
  return [...eachOutcomeOf(runs, experiment)];
}

/** The same, one by one. */
export function* eachOutcomeOf(runs: Iterable<ServedRun>, experiment: string): Iterable<Outcome> {
  const rated = [...runs]
    .filter((r) => r.reward !== undefined && r.decision.context[EXPERIMENT_FIELD] === experiment)
    .sort((a, b) => compare(a.ratedAt, b.ratedAt) || compare(a.decision.decisionId, b.decision.decisionId));
  const seen = new Set<unknown>();
  for (const { decision, reward, trace } of rated) {
    const unit = decision.context[UNIT_FIELD];
    if (seen.has(unit) || !decision.probabilities) continue;
    seen.add(unit);
    const costUsd = trace && spentBy(trace.modelCalls).costUsd;
    const failed = trace && (trace.status === "error" ? true : trace.status === "success" ? false : undefined);
    yield {
      variant: decision.chosen,
      probabilities: Object.fromEntries(decision.candidates.map((c, i) => [c, decision.probabilities?.[i] as number])),
      reward: reward as number,
      stratum: String(decision.context[STRATUM_FIELD] ?? ""),
      ...(failed !== undefined && { failed }),
      ...(trace && { latencyMs: trace.durationMs }),
      ...(costUsd !== undefined && { costUsd }),
    };
  }
}

function compare(a: string | undefined, b: string | undefined): number {
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

/** Runs joined before others have their turn. */
const AT_ONCE = 256;

/** Follows a store: keeps the served runs of all prompts, joined with what is known of them so far. */
export class OutcomeReader {
  private readonly byRun = new Map<string, Map<string, ServedRun>>();
  private cursors: { decision?: string; feedback?: string; trace?: string } = {};
  private readonly inTurn = oneAtATime();

  constructor(
    private readonly store: Pick<LearningStore, "read">,
    private readonly rewardOf: RewardOf,
    private readonly rewards: RewardsOf = async () => ({}),
  ) {}

  /** All served runs, in the order in which their decisions were first seen. */
  *runs(): Iterable<ServedRun> {
    for (const served of this.byRun.values()) yield* served.values();
  }

  /**
   * Reads what is new; only runs with a prompt are kept. Calls wait for each other; one that fails, or is
   * ended by its signal, loses nothing: the next one reads the same again.
   */
  read(signal?: AbortSignal): Promise<void> {
    return this.inTurn(() => this.readNews(signal));
  }

  /** Forgets everything, for instance after an erasure; the next `read` starts anew. */
  forget(): Promise<void> {
    return this.inTurn(() => {
      this.byRun.clear();
      this.cursors = {};
    });
  }

  private async readNews(signal?: AbortSignal): Promise<void> {
    const changed = new Set<string>();
    const cursors: typeof this.cursors = {};
    for (const kind of ["decision", "feedback", "trace"] as const) {
      const after = this.cursors[kind];
      cursors[kind] = after;
      // Nothing is kept of what is read but whose runs changed: a store holds more than a memory does.
      for await (const { facts, cursor } of this.store.read(kind, after === undefined ? {} : { after })) {
        signal?.throwIfAborted();
        for (const fact of facts) {
          const prompted = "decisionPoint" in fact && fact.decisionPoint.startsWith(PROMPT_POINT);
          if (prompted || (kind !== "decision" && this.byRun.has(fact.workflowId))) changed.add(fact.workflowId);
        }
        cursors[kind] = cursor;
      }
    }
    if (changed.size > 0) await this.join(changed, signal);
    this.cursors = cursors;
  }

  private async join(runs: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
    const decisions = await factsOfRuns(this.store, "decision", runs, signal);
    const feedback = await factsOfRuns(this.store, "feedback", runs, signal);
    const traces = await factsOfRuns(this.store, "trace", runs, signal);
    const own = (id: string) => (decisions.get(id) ?? []).filter((d) => d.decisionPoint.startsWith(PROMPT_POINT));
    const given = await this.rewards([...runs].flatMap((id) => own(id).map((d) => d.decisionId)));
    const turn = takingTurns(AT_ONCE, signal);
    const joined: [string, Map<string, ServedRun>][] = [];
    for (const id of runs) {
      await turn();
      const trace = joinSegments(traces.get(id) ?? []);
      const served = new Map<string, ServedRun>();
      const judged = feedback.get(id) ?? [];
      for (const d of own(id)) {
        const known = given[d.decisionId];
        const reward = known === undefined ? givenReward(this.rewardOf(judged, trace), id) : (known ?? undefined);
        served.set(d.decisionId, servedRun(d, judged, trace, reward));
      }
      joined.push([id, served]);
    }
    for (const [id, served] of joined) this.byRun.set(id, served);
  }
}
