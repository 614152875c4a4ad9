import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import type { Knowledge } from "../learning/knowledge.js";
import type { PointBook } from "../learning/points.js";
import { type TrainedAside, trainedAsideKey } from "../learning/trained-aside.js";
import { type RoutingArtifact, restorePolicy, routingArtifactName } from "../policies/index.js";
import type { ArtifactVersion, Registry } from "../registry/index.js";
import type { DocumentStore } from "../store/index.js";
import { checkPlan } from "../together/federated/statistics.js";
import type { Contribution, FederationPlan } from "../together/index.js";

/** What federation needs of a loop. */
export interface FederationParts {
  knowledge: Pick<Knowledge, "contribution">;
  points: Pick<PointBook, "get">;
  registry: Registry;
  documents: DocumentStore;
}

/**
 * This site's side of federated learning: what it tells others, and what it takes back. Merging, masking and noise are
 * pure functions of the subpath `together`; how contributions travel is yours (a file, a queue, a request).
 * @example const mine = await loop.federation.contribution(plan, "north");
 */
export class Federation {
  constructor(private readonly parts: FederationParts) {}

  /**
   * The sums of this site's rated decisions under a plan that all sites agreed on; no run leaves the site.
   * @param site the name under which they are sent
   * @throws FEDERATION_INVALID for a plan whose bounds cannot be, or a decision point that is not known here; WORKER_FAILED
   */
  async contribution(plan: FederationPlan, site: string): Promise<Contribution> {
    checkPlan(plan);
    checkArgument(site, "site", "text", "FEDERATION_INVALID");
    this.mustKnow(plan.decisionPoint);
    return this.parts.knowledge.contribution(plan, site);
  }

  /**
   * Takes a merged policy as a challenger: published, not promoted. This site's own gate decides, by its own traffic,
   * whether it serves here.
   * @returns the version it was published as
   * @throws FEDERATION_INVALID for a decision point that is not known here; SNAPSHOT_INVALID for a damaged policy
   */
  async offer(
    artifact: RoutingArtifact,
    lineage: { sites: readonly string[]; rows: number },
  ): Promise<ArtifactVersion> {
    checkArgument(
      artifact,
      "artifact",
      { decisionPoint: "text", encoder: "object", policy: "object" },
      "FEDERATION_INVALID",
    );
    checkArgument(lineage, "lineage", { sites: "texts", rows: "number" }, "FEDERATION_INVALID");
    const { decisionPoint, encoder, policy } = artifact;
    this.mustKnow(decisionPoint);
    restorePolicy(policy);
    const { registry, documents } = this.parts;
    const { rows, sites } = lineage;
    const published = await registry.publish(routingArtifactName(decisionPoint), "routing-policy", artifact, {
      rows,
      encoderVersion: encoder.version,
      estimates: { mergedFrom: [...sites] },
    });
    // This site's own rows are in the sums, so only decisions from now on prove anything.
    const dataTo = published.createdAt;
    const aside: TrainedAside = { version: published.version, dataFrom: dataTo, dataTo, rows };
    await documents.put(trainedAsideKey(decisionPoint), aside);
    return published;
  }

  private mustKnow(decisionPoint: string): void {
    if (this.parts.points.get(decisionPoint)) return;
    throw new LearningError("FEDERATION_INVALID", {
      received: `the decision point ${show(decisionPoint)}`,
      expected: "one that is declared here",
      remedy: "Declare it with loop.router(...) first.",
    });
  }
}
