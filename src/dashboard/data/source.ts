import { checkArgument } from "../../core/arguments.js";
import type { CollectiveLearningLoop } from "../../loop/index.js";

/** Who asks: a name for the history, and what this person may do. */
export interface Person {
  name: string;
  may: readonly Right[];
}

/** `read` sees everything, `judge` adds judgements, `steer` changes what serves. */
export type Right = "read" | "judge" | "steer";

/** What pages are made from. */
export interface Source {
  loop: CollectiveLearningLoop;
}

/** A source that can be read from: what is exported is called from plain JavaScript too. @throws CONFIG_INVALID */
export function checkedSource(source: Source): Source {
  checkArgument(source, "source", { loop: { inspect: "object", registry: "object" } }, "CONFIG_INVALID");
  return source;
}
