import { LATE, within } from "../../core/deadline.js";
import { isoTime, messageOf } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { markOf } from "../../evaluation/marks.js";
import { evaluatorFeedback, type FeedbackInput } from "../../feedback/index.js";
import { shapedDocuments } from "../../store/shaped-documents.js";
import type { RunToJudge } from "../../worker/jobs/runs-to-judge.js";
import type { EvaluatorFinding, RewardSettings } from "../../worker/reward-views.js";
import type { ComponentContext, ComponentReport, LearningComponent } from "../component.js";
import type { EvaluatorSettings } from "../config.js";

/** Settings of {@link evaluatorsComponent}. */
export interface EvaluatorsOptions {
  evaluators: readonly EvaluatorSettings[];
  reward: RewardSettings;
  /** Stores a judgement. */
  submit(feedback: FeedbackInput): Promise<unknown>;
}

/** What an evaluator did in a cycle, and how it stands. */
interface Standing {
  judged: number;
  /** Runs that it gave no score for. */
  unscored: number;
  failed: number;
  /** Runs it was asked about within a day, whatever came of it. */
  today: number;
  maxPerDay: number;
  /** Runs that people judged, too. */
  pairs: number;
  findings: Record<string, EvaluatorFinding>;
}

/** Runs judged in one cycle at most, so that evaluators do not hold the others up. */
const MOST_AT_ONCE = 40;
const AT_A_TIME = 4;
/** Failures in a row after which an evaluator is left alone until the next cycle. */
const MOST_FAILURES = 3;
const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The marks of the runs that an evaluator was asked about within a day and gave no score for, by the time it was asked.
 * They are stored: what failed was paid for, also where the process ended since or another one learns.
 */
type Unanswered = Record<string, number>;

const askedKey = (name: string) => `evaluators/asked/${name}`;
const isUnanswered = (value: unknown) => isRecord(value) && Object.values(value).every((at) => typeof at === "number");

/**
 * Lets evaluators judge a share of the runs within their budgets, in this process and never on a run's path. What they
 * say is stored as an evaluator's word, never as a person's, and is corrected by what people say. A run that one fails
 * on or gives no score for counts against its day as well, and it is asked about others first.
 */
export function evaluatorsComponent({ evaluators, reward, submit }: EvaluatorsOptions): LearningComponent {
  return {
    name: "evaluators",
    async run({ documents, worker, clock, logger, seed, signal }: ComponentContext): Promise<ComponentReport> {
      const standings: Record<string, Standing> = {};
      const warnings: string[] = [];
      for (const { name, evaluate, share = 0.1, maxPerDay = 100, timeoutMs = TIMEOUT_MS } of evaluators) {
        const now = isoTime(clock.now());
        const known = await shapedDocuments<Unanswered>(documents, isUnanswered).get(askedKey(name));
        const asked = new Map(Object.entries(known ?? {}).filter(([, at]) => at > clock.now() - DAY_MS));
        const keep = () => documents.put(askedKey(name), Object.fromEntries(asked));
        const tried = [...asked.keys()];
        const input = { reward, name, share, maxPerDay, most: MOST_AT_ONCE, tried, now, seed };
        const { runs, today, pairs, unseen, findings } = await worker.run("evaluators.runs", input, { signal });
        const judge = async (run: RunToJudge) => {
          const { workflowId, inputs, outputs } = run;
          const answer = await within(Promise.resolve(evaluate({ inputs, outputs })), timeoutMs, clock);
          if (answer === LATE) throw new Error(`no judgement within ${timeoutMs} ms`);
          const scores = ratedBy(name, workflowId, answer);
          for (const feedback of scores) await submit(feedback);
          if (scores.length > 0) asked.delete(markOf(workflowId));
          return scores.length > 0;
        };
        // Before they are asked about: a kill in between must not give it back.
        const note = (part: readonly RunToJudge[]) => {
          for (const { workflowId } of part) asked.set(markOf(workflowId), clock.now());
          return keep();
        };
        const { judged, unscored, failed, failure } = await judgeAll(runs, note, judge, signal);
        if (runs.length > 0) await keep();
        const used = today + judged + asked.size;
        standings[name] = { judged, unscored, failed, today: used, maxPerDay, pairs, findings };
        if (failure !== undefined) {
          warnings.push(`the evaluator ${name} failed on ${failed} of ${judged + unscored + failed} runs: ${failure}`);
          logger.warn(`evaluators: ${warnings.at(-1)}`);
        }
        if (unscored > 0 && judged === 0)
          warnings.push(`the evaluator ${name} gave no score for any of ${unscored} runs`);
        if (unseen > 0 && judged + unscored + failed === 0)
          warnings.push(`the evaluator ${name} has nothing to judge: capture.captureState keeps what runs put out`);
        const told = Object.values(findings);
        if (told.length > 0 && told.every((f) => !f.helps))
          warnings.push(`the evaluator ${name} does not tell what people say, and judges no runs that they did not`);
      }
      const judged = Object.values(standings).reduce((sum, s) => sum + s.judged, 0);
      return {
        state: judged > 0 ? "done" : "idle",
        samples: judged,
        message: Object.entries(standings)
          .map(([name, s]) => `${name}: ${s.judged} runs judged, ${s.today} of ${s.maxPerDay} within a day`)
          .join("; "),
        warnings,
        details: standings,
      };
    },
  };
}

/** An answer's scores under the evaluator's own name, each once for a run whoever asks. */
function ratedBy(name: string, workflowId: string, answer: Parameters<typeof evaluatorFeedback>[1]): FeedbackInput[] {
  const given = evaluatorFeedback(workflowId, answer);
  return given.map((feedback) => {
    const key = Object.keys(feedback.ratings ?? {})[0] ?? "";
    const userId = given.length === 1 ? `evaluator:${name}` : `evaluator:${name}/${key}`;
    return { ...feedback, userId, idempotencyKey: `${userId} judged`, sampled: true };
  });
}

/** Judges a few runs at a time; ends early where nothing but failures comes. */
async function judgeAll(
  runs: readonly RunToJudge[],
  note: (part: readonly RunToJudge[]) => Promise<void>,
  judge: (run: RunToJudge) => Promise<boolean>,
  signal: AbortSignal,
) {
  const done = { judged: 0, unscored: 0, failed: 0, failure: undefined as string | undefined };
  let inARow = 0;
  for (let from = 0; from < runs.length && inARow < MOST_FAILURES; from += AT_A_TIME) {
    signal.throwIfAborted();
    const part = runs.slice(from, from + AT_A_TIME);
    await note(part);
    for (const result of await Promise.allSettled(part.map(judge))) {
      if (result.status === "fulfilled") done[result.value ? "judged" : "unscored"]++;
      else {
        done.failed++;
        done.failure = messageOf(result.reason);
      }
      inARow = result.status === "fulfilled" ? 0 : inARow + 1;
    }
  }
  return done;
}
