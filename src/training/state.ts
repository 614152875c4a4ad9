import { LearningError, show } from "../core/index.js";
import type { LearnerState } from "./learner.js";

/** Reads arrays and numbers out of a saved state, checking as it goes. */
export interface StateReader {
  /** Copies the array at a dotted path into `into`, which must have its length. */
  (path: string, into: { length: number; set(values: never): void }): void;
  number(path: string): number;
}

/** A reader of a learner's saved state. */
export function readState(state: LearnerState, kind: string): StateReader {
  const fail = (received: string, expected: string): never => {
    throw new LearningError("SNAPSHOT_INVALID", {
      received,
      expected,
      remedy: "Resume with the options and the environment that the checkpoint was made with.",
    });
  };
  if (state?.kind !== kind || state.version !== 1)
    fail(`a checkpoint of ${show(state?.kind)}, version ${show(state?.version)}`, `one of ${kind}, version 1`);
  const at = (path: string): unknown =>
    path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], state);
  const read = (path: string, into: { length: number; set(values: never): void }) => {
    const values = at(path) as { length?: number } | undefined;
    if (values?.length !== into.length) fail(`${path} with ${values?.length} entries`, `${into.length}`);
    into.set(values as never);
  };
  return Object.assign(read, {
    number: (path: string) => {
      const value = at(path);
      return typeof value === "number" ? value : fail(`${path} = ${show(value)}`, "a number");
    },
  });
}
