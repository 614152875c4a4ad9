import { type Logger, messageOf } from "../../core/index.js";
import type { PatternAnalyzer, PatternReport } from "../../patterns/index.js";
import type { Registry } from "../../registry/index.js";
import type { LearnPatternsInput } from "../../worker/jobs/learn-patterns.js";
import type { RowOptions } from "../../worker/rows.js";
import type { LearningComponent } from "../component.js";

/** Name of the published reports. */
const PATTERNS_ARTIFACT = "patterns";

/**
 * Analyses the collected runs off the event loop and publishes the report with the data range it holds for.
 * @param rowOptions how rewards are composed at the time of the cycle
 */
export const patternsComponent = (rowOptions: () => RowOptions): LearningComponent => ({
  name: "patterns",
  async run({ registry, worker, signal, keepVersions }) {
    // One seed for all cycles, so that a verdict changes only with the data.
    const seed = 1;
    const champion = registry.names().includes(PATTERNS_ARTIFACT) ? registry.champion(PATTERNS_ARTIFACT) : undefined;
    const input: LearnPatternsInput = {
      options: { seed },
      rows: rowOptions(),
      ...(champion && { known: champion.lineage.estimates }),
    };
    const { basis, fresh } = await worker.run("patterns.learn", input, { signal });
    signal.throwIfAborted();
    if (!fresh)
      return { state: "idle", samples: champion?.lineage.rows ?? 0, message: `nothing new since ${champion?.version}` };
    const { report, content } = fresh;
    if (report.runs === 0) return { state: "idle", samples: 0, message: "no traces yet" };
    const found = report.patterns.filter((p) => p.verdict === "better" || p.verdict === "worse").length;
    const lineage = {
      rows: report.runs,
      ...(report.dataFrom && { dataFrom: report.dataFrom }),
      ...(report.dataTo && { dataTo: report.dataTo }),
      seed,
      estimates: { basis, content, significant: found },
    };
    const { version } = await registry.publish(PATTERNS_ARTIFACT, "patterns", report, lineage, {
      newest: keepVersions,
    });
    const message = `${found} of ${report.patternsTested} patterns distinguish good runs (${report.ratedRuns} rated)`;
    await registry.promote(PATTERNS_ARTIFACT, version, message);
    return {
      state: "done",
      samples: report.runs,
      message,
      details: { significant: found, tested: report.patternsTested },
    };
  },
});

/** Lets an analyzer answer from the published reports, now and whenever another one is promoted. */
export function followPatterns(analyzer: PatternAnalyzer, registry: Registry, logger: Logger): void {
  const adopt = async (version: string | undefined) => {
    if (version === undefined) return;
    try {
      analyzer.adopt((await registry.load(PATTERNS_ARTIFACT, version)) as PatternReport);
    } catch (error) {
      logger.warn("a published pattern report cannot be read", { version, error: messageOf(error) });
    }
  };
  registry.listen(PATTERNS_ARTIFACT, (champion) => void adopt(champion?.version));
  if (registry.names().includes(PATTERNS_ARTIFACT)) void adopt(registry.champion(PATTERNS_ARTIFACT)?.version);
}
