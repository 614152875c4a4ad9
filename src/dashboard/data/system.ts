import { totalmem } from "node:os";
import type { LearningStatus } from "../../loop/index.js";
import { eventLoopDelay, examine, type Finding } from "./doctor.js";
import { type Change, changesIn } from "./journal.js";
import type { Source } from "./source.js";

/** What the System page shows. */
export interface SystemView {
  findings: Finding[];
  storage: LearningStatus["storage"];
  capture: LearningStatus["capture"];
  components: LearningStatus["components"];
  process: {
    node: string;
    uptimeS: number;
    rssBytes: number;
    totalBytes: number;
    delayP50Ms: number;
    delayP99Ms: number;
  };
  changes: Change[];
}

/** What `doctor` says, and how this process does. */
export async function systemOf(source: Source): Promise<SystemView> {
  const status = await source.loop.getLearningStatus();
  const delay = eventLoopDelay();
  return {
    findings: await examine(source, status),
    storage: status.storage,
    capture: status.capture,
    components: status.components,
    process: {
      node: process.versions.node,
      uptimeS: Math.round(process.uptime()),
      rssBytes: process.memoryUsage.rss(),
      totalBytes: totalmem(),
      delayP50Ms: delay.p50,
      delayP99Ms: delay.p99,
    },
    changes: (await changesIn(source)).slice(0, 100),
  };
}
