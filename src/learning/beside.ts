import type { GateState } from "../evaluation/point/gate-state.js";
import { routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import type { DocumentStore } from "../store/index.js";
import type { ChangeBeside } from "../worker/beside.js";

/** Where a point's gate keeps its state. */
export const gateKey = (decisionPoint: string) => `gate/${decisionPoint}`;

/**
 * When what serves changed at decision points that share runs with another: what that one's challengers
 * earned before was earned beside another policy, and two changes that are each good may ruin a run together.
 * Continuations do not count: they stay as near their proven version as its proof has room for.
 * @param together names of the points that share runs
 * @returns in the order of time
 */
export async function changesBeside(
  together: readonly string[],
  registry: Registry,
  documents: Pick<DocumentStore, "get">,
): Promise<ChangeBeside[]> {
  const changes: ChangeBeside[] = [];
  for (const decisionPoint of together) {
    const name = routingArtifactName(decisionPoint);
    if (!registry.names().includes(name)) continue;
    const anchor = (await documents.get<GateState>(gateKey(decisionPoint)))?.watch?.anchor;
    for (const { action, version, at } of registry.history(name)) {
      const changed = action === "rollback" || (action === "promote" && (version === anchor || anchor === undefined));
      if (changed) changes.push({ decisionPoint, at });
    }
  }
  return changes.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
