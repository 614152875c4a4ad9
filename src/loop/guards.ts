import { LearningError } from "../core/index.js";
import type { LoopParts } from "./parts.js";

/** Whether runs are recorded and steered: not with the kill switch on, and not by a loop that only learns. */
export const serves = ({ killSwitch, config }: Pick<LoopParts, "killSwitch" | "config">): boolean =>
  !killSwitch.on && config.role !== "learn";

/** @throws LEARNING_STATE for a loop that only serves */
export function assertLearns({ config }: Pick<LoopParts, "config">): void {
  if (config.role !== "serve") return;
  throw new LearningError("LEARNING_STATE", {
    received: "learning in a loop with the role serve",
    expected: "the role both, or learn",
    remedy: "Let a learner over the same store do it: collective-learning learn --store postgres://...",
  });
}

export const alreadyClosed = () =>
  new LearningError("LEARNING_STATE", {
    received: "a call after close()",
    expected: "an open loop",
    remedy: "Open a new one with CollectiveLearningLoop.open.",
  });
