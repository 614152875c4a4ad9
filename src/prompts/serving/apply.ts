import { setImmediate } from "node:timers/promises";
import { takingTurns } from "../../core/index.js";
import type { Registry } from "../../registry/index.js";
import { type Judgement, judgeInTurns } from "../experiments/judge.js";
import type { ExperimentRecord, ExperimentsBook } from "./experiments-book.js";
import { eachOutcomeOf, PROMPT_POINT, type ServedRun } from "./outcome-reader.js";
import { regressionReason } from "./regression.js";
import type { RefreshReport } from "./types.js";

/** What acting on outcomes needs. */
export interface Actors {
  registry: Registry;
  book: ExperimentsBook;
  seed: number;
  regressionMargin: number;
  /** Ends the judging, before anything is acted on. */
  signal?: AbortSignal;
}

/** Outcomes taken in before others have their turn. */
const AT_ONCE = 500;

/** Whether a version that took no part was let serve while an experiment ran: its verdict says nothing about that one. */
export function overtaken(registry: Registry, { definition, startedAt }: ExperimentRecord): boolean {
  const name = PROMPT_POINT + definition.promptId;
  const serving = registry.champion(name)?.version;
  const changed = registry.history(name).findLast((e) => e.action === "promote" || e.action === "rollback");
  return (
    serving !== undefined && !definition.variants.includes(serving) && changed !== undefined && changed.at > startedAt
  );
}

/**
 * Judges every running experiment, puts down how it stands, and promotes winners of prompts that are neither
 * pinned nor overtaken.
 */
export async function applyExperiments(
  { registry, book, seed, signal }: Actors,
  runs: readonly ServedRun[],
): Promise<Pick<RefreshReport, "experiments" | "promoted"> & { ended: ExperimentRecord[] }> {
  const turn = takingTurns(AT_ONCE, signal);
  const judged: { record: ExperimentRecord; judgement: Judgement }[] = [];
  for (const record of book.active()) {
    await setImmediate();
    const outcomes = eachOutcomeOf(runs, record.key);
    const judgement = await judgeInTurns(record.definition, outcomes, `${seed}/${record.key}`, turn);
    judged.push({ record, judgement });
  }
  signal?.throwIfAborted();
  const done = {
    experiments: [] as RefreshReport["experiments"],
    promoted: [] as RefreshReport["promoted"],
    ended: [] as ExperimentRecord[],
  };
  for (const { record, judgement } of judged) {
    const { report, shares } = judgement;
    const ended = report.verdict !== "running";
    await book.update(record.key, {
      report,
      shares,
      ...(ended && { ended: { reason: "decided" as const, text: report.text } }),
    });
    if (ended) done.ended.push(record);
    done.experiments.push({ key: record.key, text: report.text, ended });
    const name = PROMPT_POINT + record.definition.promptId;
    if (report.verdict !== "winner" || report.winner === registry.champion(name)?.version) continue;
    if (registry.isPinned(name) || overtaken(registry, record)) continue;
    await registry.promote(name, report.winner as string, report.text);
    done.promoted.push({ promptId: record.definition.promptId, version: report.winner as string });
  }
  return done;
}

/** Rolls back every prompt whose promoted version has fallen behind its predecessor. */
export async function applyRegressions(
  { registry, regressionMargin }: Actors,
  ids: readonly string[],
  runs: readonly ServedRun[],
): Promise<RefreshReport["rolledBack"]> {
  const done: RefreshReport["rolledBack"] = [];
  for (const promptId of ids) {
    const name = PROMPT_POINT + promptId;
    if (registry.isPinned(name)) continue;
    const own = runs.filter((r) => r.promptId === promptId);
    const reason = regressionReason(registry.history(name), own, regressionMargin);
    if (!reason) continue;
    await registry.rollback(name, reason);
    done.push({ promptId, reason });
  }
  return done;
}
