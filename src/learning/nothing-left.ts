import { LearningError } from "../core/index.js";

/** What a cycle fails with where other loops over the same store do all there is to do. */
export function nothingLeft(elsewhere: readonly string[]): LearningError {
  return new LearningError("LEARNING_STATE", {
    received: `a learning cycle while other loops over the same store do, or did lately, all there is to do (${elsewhere.join(", ")})`,
    expected: "a piece of work that is free",
    remedy: "Nothing is to be done; what they promote serves here too.",
  });
}
