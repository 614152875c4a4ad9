// Runs in the learning thread.
import type { ServedVersion } from "../../evaluation/point/judged-rows.js";
import type { TrialScene } from "../../evaluation/point/trial-stage.js";
import { goneSince, withdrawn } from "../../evaluation/point/withdrawn.js";
import type { RoutingJudgement } from "./judge-routing.js";
import type { LearningResult } from "./learned.js";

/** A version waits for approval no longer where a destination is gone that it was proven with; undefined where none is. */
export function waitsNoLonger(
  waiting: ServedVersion,
  scene: TrialScene,
  watched: RoutingJudgement,
): LearningResult | undefined {
  const gone = goneFrom(waiting, scene, watched.state.offered);
  if (gone.length === 0) return undefined;
  const { version } = waiting;
  return {
    ...watched,
    recommended: "withdraw",
    version,
    reason: `${version} waits for approval no longer: ${gone.join(" and ")} is offered no longer, and it was proven with it`,
  };
}

/** Destinations that a version was proven with and that are offered no longer; of one proven by logs alone any of them. */
function goneFrom(
  { version, artifact }: ServedVersion,
  { rows, destinations }: TrialScene,
  offered: readonly string[] = artifact?.candidates ?? [],
): string[] {
  if (rows.some(({ trial }) => trial?.version === version)) return withdrawn(rows, offered, destinations, [version]);
  return goneSince(offered, destinations);
}
