import { type Logger, messageOf } from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import type { ComponentContext } from "./component.js";
import type { ResolvedLoopConfig } from "./config.js";
import type { CycleReport } from "./cycle/types.js";
import type { WorkShare } from "./work.js";

/** Removes old facts at the end of a cycle; what was learned holds although they may stay. */
export async function cleanUp(
  { store, config, logger }: { store: LearningStore; config: ResolvedLoopConfig; logger: Logger },
  share: WorkShare,
  report: CycleReport,
  { context, byHand }: { context: ComponentContext; byHand: boolean },
): Promise<void> {
  if (!config.dataCleanup) return;
  const component = "dataCleanup";
  const work = await share.take(component, context, byHand);
  if (!work) {
    report.elsewhere = [...(report.elsewhere ?? []), component];
    return;
  }
  try {
    const samples = await store.retain(config.dataCleanup);
    report.steps.push({ component, state: "done", samples, message: `${samples} facts removed` });
  } catch (error) {
    logger.error("old facts could not be removed", { error: messageOf(error) });
    report.steps.push({ component, state: "failed", samples: 0, message: messageOf(error) });
  }
  await work.done();
}
