import { type Clock, isoTime } from "../../core/index.js";
import { PROMPT_POINT, type PromptQuestions } from "../../evaluation/experiment/index.js";
import { askForApproval } from "../../registry/approvals.js";
import type { Registry } from "../../registry/index.js";
import type { DocumentStore } from "../../store/index.js";
import type { ExperimentRecord, ExperimentsBook } from "./experiments-book.js";
import type { AskAboutPrompt, RefreshReport } from "./types.js";
import type { Watches } from "./watches.js";

/** What acting on outcomes needs. */
export interface Actors {
  registry: Registry;
  documents: DocumentStore;
  book: ExperimentsBook;
  watches: Watches;
  ask: AskAboutPrompt;
  clock: Clock;
  seed: number;
  /** Ends the judging, before anything is acted on. */
  signal?: AbortSignal;
}

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
 * pinned nor overtaken; these are watched from then on. Where approval is required, they wait for it instead.
 */
export async function applyExperiments({
  registry,
  documents,
  book,
  watches,
  ask,
  clock,
  seed,
  signal,
}: Actors): Promise<
  Pick<RefreshReport, "experiments" | "promoted" | "waiting" | "outcomes"> & { ended: ExperimentRecord[] }
> {
  const judged: { record: ExperimentRecord; judgement: PromptQuestions["experiment"]["answer"] }[] = [];
  for (const record of book.active()) {
    const { key, definition, windowMs, settled } = record;
    const experiment = { key, definition, ...(windowMs !== undefined && { windowMs }), ...(settled && { settled }) };
    const question = { experiment, now: isoTime(clock.now()), seed };
    judged.push({ record, judgement: await ask(definition.promptId, "experiment", question, signal) });
  }
  signal?.throwIfAborted();
  const done = {
    experiments: [] as RefreshReport["experiments"],
    promoted: [] as RefreshReport["promoted"],
    waiting: [] as RefreshReport["waiting"],
    outcomes: 0,
    ended: [] as ExperimentRecord[],
  };
  for (const { record, judgement } of judged) {
    const { report, shares, windowMs, settled } = judgement;
    const ended = report.verdict !== "running";
    await book.update(record.key, {
      ...{ report, shares },
      ...(windowMs !== undefined && { windowMs }),
      ...(settled && { settled }),
      ...(ended && { ended: { reason: "decided" as const, text: report.text } }),
    });
    if (ended) done.ended.push(record);
    done.outcomes += report.outcomes;
    done.experiments.push({ key: record.key, text: report.text, ended });
    const { promptId } = record.definition;
    const name = PROMPT_POINT + promptId;
    const before = registry.champion(name)?.version;
    if (report.winner === undefined || report.winner === before) continue;
    if (registry.isPinned(name) || overtaken(registry, record)) continue;
    if (record.definition.approval === "required") {
      await askForApproval(documents, clock, { name, version: report.winner, reason: report.text });
      done.waiting.push({ name, version: report.winner });
      continue;
    }
    await registry.promote(name, report.winner, report.text);
    await watches.begin(record, report.winner, before);
    done.promoted.push({ promptId, version: report.winner });
  }
  return done;
}
