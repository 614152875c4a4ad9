import { z } from "zod";
import { type Clock, isoTime, LearningError, oneAtATime } from "../../core/index.js";
import {
  definitionDigest,
  type ExperimentDefinition,
  type ExperimentOptions,
  type ExperimentReport,
  type ExperimentToJudge,
  experimentDefinitionSchema,
  parseDefinition,
} from "../../evaluation/experiment/index.js";
import type { DocumentStore } from "../../store/index.js";
import { isListOfRecords, type ShapedDocuments, shapedDocuments } from "../../store/shaped-documents.js";

/** An experiment as it is kept: what was agreed, how it stands, how it ended. */
export interface ExperimentRecord {
  /** Unique; outcomes name it. */
  key: string;
  definition: ExperimentDefinition;
  /** Of the definition, at the start. */
  digest: string;
  startedAt: string;
  /** Shares for the next units. */
  shares: Record<string, number>;
  report?: ExperimentReport;
  /** How long ratings are waited for, once enough is known of them. */
  windowMs?: number;
  /** The outcomes taken in so far. */
  settled?: ExperimentToJudge["settled"];
  /** `void`: the stored definition was changed while it ran, so its evidence means nothing. */
  ended?: { at: string; reason: "decided" | "stopped" | "void"; text: string };
}

const PREFIX = "prompts/experiments/";
const recordSchema = z.object({
  key: z.string(),
  definition: z.unknown(),
  digest: z.string(),
  startedAt: z.string(),
  shares: z.record(z.string(), z.number()),
});

/** The experiments of all prompts, at most one running per prompt; kept in the store's documents. */
export class ExperimentsBook {
  private readonly records = new Map<string, ExperimentRecord[]>();
  /** Reading waits for changes made here, and they for it: what is known never goes back in time. */
  private readonly inTurn = oneAtATime();

  private readonly stored: ShapedDocuments<ExperimentRecord[]>;

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
  ) {
    this.stored = shapedDocuments(documents, isListOfRecords);
  }

  /** Reads all experiments, those of other processes included; those edited in flight are void from here on. */
  load(): Promise<void> {
    return this.inTurn(() => this.read());
  }

  private async read(): Promise<void> {
    for (const key of await this.documents.keys(PREFIX)) {
      const stored = await this.stored.get(key);
      this.records.set(
        key.slice(PREFIX.length),
        (stored ?? []).map((r) => this.checked(r)),
      );
    }
  }

  /** The running experiment of a prompt. */
  running(promptId: string): ExperimentRecord | undefined {
    return this.records.get(promptId)?.find((r) => !r.ended);
  }

  /** All experiments of a prompt, oldest first. */
  all(promptId: string): readonly ExperimentRecord[] {
    return this.records.get(promptId) ?? [];
  }

  /** Every prompt with a running experiment. */
  active(): ExperimentRecord[] {
    return [...this.records.keys()].flatMap((id) => this.running(id) ?? []);
  }

  /** Starts an experiment; fails with EXPERIMENT_INVALID for a bad definition, or while one is running. */
  async start(options: ExperimentOptions, shares: (d: ExperimentDefinition) => Record<string, number>) {
    const definition = parseDefinition(options);
    const { promptId } = definition;
    const startedAt = isoTime(this.clock.now());
    const records = await this.change(promptId, (known) => {
      if (known.some((r) => !r.ended))
        throw new LearningError("EXPERIMENT_INVALID", {
          received: `a new experiment for ${promptId} while one is running`,
          expected: "at most one experiment per prompt; a running one cannot be edited",
          remedy: "Stop the running experiment first: what it has seen does not carry over.",
        });
      const key = `${promptId}#${known.length + 1}`;
      return [
        ...known,
        { key, definition, digest: definitionDigest(definition), startedAt, shares: shares(definition) },
      ];
    });
    return records.at(-1) as ExperimentRecord;
  }

  /** Puts down how a running experiment stands, and that it ended; one that has ended meanwhile stays as it is. */
  async update(
    key: string,
    change: Pick<ExperimentRecord, "shares" | "report" | "windowMs" | "settled"> & {
      ended?: { reason: "decided" | "stopped"; text: string };
    },
  ): Promise<void> {
    const { ended, ...rest } = change;
    const at = isoTime(this.clock.now());
    await this.change(key.slice(0, key.lastIndexOf("#")), (known) =>
      known.map((r) => (r.key === key && !r.ended ? { ...r, ...rest, ...(ended && { ended: { at, ...ended } }) } : r)),
    );
  }

  /** Changes what is stored, which another process may have changed since it was read here. */
  private change(promptId: string, edit: (known: ExperimentRecord[]) => ExperimentRecord[]) {
    return this.inTurn(async () => {
      const records = await this.stored.update(PREFIX + promptId, (stored) =>
        edit((stored ?? []).map((r) => this.checked(r))),
      );
      this.records.set(promptId, records);
      return records;
    });
  }

  private checked(record: ExperimentRecord): ExperimentRecord {
    if (record.ended) return record;
    const parsed = experimentDefinitionSchema.safeParse(record.definition);
    const intact =
      recordSchema.safeParse(record).success && parsed.success && definitionDigest(parsed.data) === record.digest;
    if (intact) return record;
    const text = "its definition was edited while it ran; the control serves";
    return { ...record, ended: { at: isoTime(this.clock.now()), reason: "void", text } };
  }
}
