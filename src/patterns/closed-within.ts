import { isLearningError } from "../core/index.js";
import { closedSequences } from "./closed-sequences.js";
import type { EventLog } from "./event-log.js";
import type { SequenceOptions } from "./prefix-span.js";

/** Mining may look at each activity so often, within these bounds (the upper one is some ten seconds). */
const LOOKS = 2000;
const [LEAST_EFFORT, MOST_EFFORT] = [1e7, 1e9];

/** The closed sequences at the least support, doubled as often as need be, at which they are few and cheap enough. */
export function closedWithin(log: EventLog, options: SequenceOptions, least: number, maxPatterns: number) {
  const maxEffort = Math.min(MOST_EFFORT, Math.max(LEAST_EFFORT, LOOKS * log.variants.items.length));
  for (let minSupport = least; ; minSupport = Math.min(log.size, minSupport * 2)) {
    try {
      const limits = { ...options, minSupport, maxPatterns, maxEffort };
      return { closed: closedSequences(log.variants, log.activities.length, log.size, limits), minSupport };
    } catch (error) {
      if (!isLearningError(error, "PATTERN_INVALID")) throw error;
      if (minSupport >= log.size) return { minSupport: least };
    }
  }
}
