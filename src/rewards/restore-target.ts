import { isLearningError, LearningError } from "../core/index.js";
import { Calibration } from "./calibration.js";
import type { MemberRestorer } from "./members/member.js";
import { TargetModel, type TargetSnapshot } from "./target-model.js";

/** Members of earlier releases that are no more; a model goes on without them. */
const RETIRED: ReadonlySet<string> = new Set(["ydf-boosted-trees", "ydf-random-forest", "kernel-ridge"]);

/** What was read of a snapshot. @throws SNAPSHOT_INVALID where reading it failed */
export async function readSnapshot<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isLearningError(error)) throw error;
    throw new LearningError("SNAPSHOT_INVALID", {
      received: "a snapshot of a reward model that is damaged",
      expected: "one as snapshot() gave it",
      remedy: "Train the reward model again.",
      cause: error,
    });
  }
}

/** The model of a snapshot. */
export async function restoreTarget(s: TargetSnapshot, members: readonly MemberRestorer[]): Promise<TargetModel> {
  const { low, high, mean, variance } = s.report;
  if (![low, high, mean, variance].every(Number.isFinite))
    throw new LearningError("SNAPSHOT_INVALID", {
      received: `a target between ${low} and ${high}, with mean ${mean} and variance ${variance}`,
      expected: "finite numbers",
      remedy: "Fit the model anew.",
    });
  const fitted = [];
  for (const snapshot of s.members.filter(({ kind }) => !RETIRED.has(kind))) {
    const member = members.find((m) => m.kind === snapshot.kind);
    if (!member)
      throw new LearningError("SNAPSHOT_INVALID", {
        received: `a member of kind ${JSON.stringify(snapshot.kind)}`,
        expected: `one of ${members.map((m) => m.kind).join(", ")}`,
        remedy: "Restore with the members that the model was fitted with.",
      });
    const weight = s.report.members.find((m) => m.kind === snapshot.kind)?.weight ?? 0;
    fitted.push({ kind: snapshot.kind, weight, member: await member.restore(snapshot) });
  }
  const total = fitted.reduce((sum, f) => sum + f.weight, 0);
  if (fitted.length < s.members.length) {
    if (!(total > 0))
      throw new LearningError("SNAPSHOT_INVALID", {
        received: "a model whose only members are those of an earlier release",
        expected: "a member that this release has",
        remedy: "Fit the model anew; the loop does it by itself once enough runs are rated.",
      });
    // What the others said keeps its proportions.
    for (const f of fitted) f.weight /= total;
  }
  const report = { ...s.report, importance: Float64Array.from(s.report.importance) };
  return new TargetModel(report, fitted, Calibration.restore(s.calibration));
}
