import type { Clock } from "../../core/index.js";
import { isoTime } from "../../core/index.js";
import { openVersionWatch, PROMPT_POINT, type VersionWatch } from "../../evaluation/experiment/index.js";
import type { Registry } from "../../registry/index.js";
import type { LearningStore } from "../../store/index.js";
import { LargeDocument } from "../../store/large-document.js";
import { withMarks, withMarksApart } from "../../store/marks.js";
import type { ExperimentRecord } from "./experiments-book.js";
import type { AskAboutPrompt } from "./types.js";

const PREFIX = "prompts/watch/";
const marksKey = (promptId: string) => `prompt-marks/${promptId}`;

type WithMarks = Omit<VersionWatch, "seen"> & { seen?: string };
const hasMarks = (watch: WithMarks): watch is VersionWatch => watch.seen !== undefined;

/** The winners under watch, one a prompt at most; kept in the store. */
export class Watches {
  private readonly watches = new Map<string, VersionWatch>();

  constructor(
    private readonly store: LearningStore,
    private readonly registry: Registry,
    private readonly clock: Clock,
    /** Share of units that still get the version before; 0 watches nothing. */
    private readonly share: number,
  ) {}

  /** Reads all watches, those of other processes included. */
  async load(): Promise<void> {
    const known = new Set<string>();
    const { documents } = this.store;
    for (const key of await documents.keys(PREFIX)) {
      const stored = await documents.get<VersionWatch>(key);
      if (!stored) continue;
      const promptId = key.slice(PREFIX.length);
      known.add(promptId);
      const watch = await withMarks<WithMarks>(this.store, marksKey(promptId), stored);
      // Without its marks it begins anew.
      this.watches.set(promptId, hasMarks(watch) ? watch : openVersionWatch(watch));
    }
    for (const id of this.watches.keys()) if (!known.has(id)) this.watches.delete(id);
  }

  /** The watch over what serves now; another version that was let serve since ends it. */
  of(promptId: string): VersionWatch | undefined {
    const watch = this.watches.get(promptId);
    return watch?.version === this.registry.champion(PROMPT_POINT + promptId)?.version ? watch : undefined;
  }

  /** Watches the winner of an experiment, against the version that served before it. */
  async begin(record: ExperimentRecord, version: string, against: string | undefined): Promise<void> {
    const { promptId, sticky } = record.definition;
    if (this.share <= 0 || against === undefined || against === version) return;
    const since = isoTime(this.clock.now());
    await this.keep(promptId, openVersionWatch({ version, against, since, share: this.share, sticky }));
  }

  /** Looks at every winner, and rolls back what fell behind the version before it. */
  async look(ask: AskAboutPrompt, signal?: AbortSignal): Promise<{ promptId: string; reason: string }[]> {
    const rolledBack: { promptId: string; reason: string }[] = [];
    for (const promptId of [...this.watches.keys()]) {
      const name = PROMPT_POINT + promptId;
      const watch = this.of(promptId);
      if (!watch) {
        this.watches.delete(promptId);
        await this.store.documents.delete(PREFIX + promptId);
        await new LargeDocument(this.store, marksKey(promptId)).delete();
        continue;
      }
      if (this.registry.isPinned(name)) continue;
      const { report, watch: after } = await ask(promptId, "watch", { watch, now: isoTime(this.clock.now()) }, signal);
      await this.keep(promptId, after);
      if (report.verdict !== "roll-back") continue;
      const reason = `${watch.version} ${report.reason}: ${watch.against}`;
      await this.registry.rollback(name, reason);
      rolledBack.push({ promptId, reason });
    }
    return rolledBack;
  }

  private async keep(promptId: string, watch: VersionWatch): Promise<void> {
    this.watches.set(promptId, watch);
    await this.store.documents.put(
      PREFIX + promptId,
      await withMarksApart<WithMarks>(this.store, marksKey(promptId), watch),
    );
  }
}
