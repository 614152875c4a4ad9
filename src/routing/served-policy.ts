import { checkArgument } from "../core/arguments.js";
import type { DecisionContext, Logger } from "../core/index.js";
import { messageOf } from "../core/index.js";
import type { FeatureEncoder, FeatureVector } from "../dataset/index.js";
import { restoreEncoder } from "../dataset/index.js";
import type { RoutingArtifact, RoutingPolicy } from "../policies/index.js";
import { restorePolicy, routingArtifactName } from "../policies/index.js";
import type { OnTrial } from "../registry/index.js";
import { createFieldCheck, type FieldCheck } from "./context-values.js";
import type { RoutingDeps } from "./deps.js";
import type { Trouble } from "./scene.js";

/** A promoted version, restored and ready to answer. */
export interface ServedPolicy {
  version: string;
  policy: RoutingPolicy;
  encoder: FeatureEncoder;
  /** Encodes the features of candidates, aligned with them, where the version was trained with such. */
  encodeFeatures?: FeaturesEncoder;
  /** Finds fields that training did not know, where the artifact names those it knew. */
  newField?: FieldCheck;
  /** Destinations with rows in training, where the artifact names them. */
  known?: ReadonlySet<string>;
}

/** Encodes the features of candidates, in their order. */
export type FeaturesEncoder = (
  features: Readonly<Record<string, DecisionContext>>,
  candidates: readonly string[],
) => FeatureVector[];

/** Features mostly stay the same object from decision to decision, and are then encoded once. */
function createFeaturesEncoder(encoder: FeatureEncoder): FeaturesEncoder {
  let last: { features: object; candidates: readonly string[]; vectors: FeatureVector[] } | undefined;
  return (features, candidates) => {
    if (last?.features !== features || last.candidates !== candidates)
      last = { features, candidates, vectors: candidates.map((name) => encoder.encode(features[name] ?? {})) };
    return last.vectors;
  };
}

/** The version on trial, restored, and its terms. */
export interface TriedPolicy {
  served: ServedPolicy;
  terms: OnTrial;
}

/** Follows what the registry promotes for one decision point, and keeps it loaded. */
export interface PolicyFeed {
  /** The newest version that is loaded and not withdrawn; undefined when none serves. */
  current(): ServedPolicy | undefined;
  /** An earlier version that runs in progress still hold. */
  loaded(version: string): ServedPolicy | undefined;
  /** The version on trial, once it is loaded. */
  trial(): TriedPolicy | undefined;
  /** Grows with every roll-back and pin: what runs hold from before is void. */
  epoch(): number;
  /** Resolves when everything promoted so far is loaded, or has failed to. */
  ready(): Promise<void>;
  /** True while something is promoted, nothing serves, and loading is not done: a decision may wait for it. */
  arriving(): boolean;
}

export const NO_POLICY: Trouble = { reason: "no-policy", detail: "no policy is promoted and loaded" };
const NOT_LOADED: Trouble = { reason: "time-budget", detail: "the promoted policy was not loaded in time" };

/** Why no policy serves. */
export function missingPolicy(feed: PolicyFeed): Trouble {
  return feed.arriving() ? NOT_LOADED : NO_POLICY;
}

/** Versions kept for runs that began with them. */
const KEPT_VERSIONS = 4;

/**
 * Restores a routing artifact.
 * @throws SNAPSHOT_INVALID and the like when the artifact is damaged
 * @example
 * ```ts
 * const serving = registry.champion("policy/triage");
 * if (serving) {
 *   const stored = (await registry.load("policy/triage", serving.version)) as RoutingArtifact;
 *   const served = restoreServedPolicy(serving.version, stored);
 * }
 * ```
 */
export function restoreServedPolicy(version: string, artifact: RoutingArtifact): ServedPolicy {
  checkArgument(version, "version", "text", "SNAPSHOT_INVALID");
  checkArgument(artifact, "artifact", "object", "SNAPSHOT_INVALID");
  return {
    version,
    policy: restorePolicy(artifact.policy),
    encoder: restoreEncoder(artifact.encoder),
    encodeFeatures: artifact.candidateEncoder && createFeaturesEncoder(restoreEncoder(artifact.candidateEncoder)),
    known: artifact.candidates?.length ? new Set(artifact.candidates) : undefined,
    newField: artifact.contextFields && createFieldCheck(artifact.contextFields),
  };
}

/** Watches the registry for the champion of `decisionPoint` and keeps it restored. */
export function createPolicyFeed(decisionPoint: string, registry: RoutingDeps["registry"], logger: Logger): PolicyFeed {
  const name = routingArtifactName(decisionPoint);
  const versions = new Map<string, ServedPolicy>();
  let champion = registry.champion(name)?.version;
  let serving: ServedPolicy | undefined;
  let epoch = 0;
  let pending = Promise.resolve();
  let loads = 0;

  async function load(version: string): Promise<void> {
    try {
      const served = restoreServedPolicy(version, (await registry.load(name, version)) as RoutingArtifact);
      versions.set(version, served);
      if (versions.size > KEPT_VERSIONS) versions.delete(versions.keys().next().value as string);
      if (champion === version) serving = served;
    } catch (error) {
      logger.error(`${decisionPoint}: version ${version} cannot be served; what served before goes on`, {
        error: messageOf(error),
      });
    } finally {
      loads--;
    }
  }

  function follow(version: string | undefined): void {
    champion = version;
    const known = version === undefined ? undefined : versions.get(version);
    if (version === undefined || known) serving = known;
    else {
      loads++;
      pending = pending.then(() => load(version));
    }
  }

  /** The version on trial that is to be loaded, or is. */
  let terms: OnTrial | undefined;
  let tried: ServedPolicy | undefined;

  async function loadTried(version: string): Promise<void> {
    try {
      const served = restoreServedPolicy(version, (await registry.load(name, version)) as RoutingArtifact);
      if (terms?.version === version) tried = served;
    } catch (error) {
      logger.error(`${decisionPoint}: version ${version} cannot be tried`, { error: messageOf(error) });
    }
  }

  function followTrial(): void {
    terms = registry.onTrial?.(name);
    if (terms?.version === tried?.version) return;
    tried = undefined;
    if (!terms) return;
    const { version } = terms;
    tried = versions.get(version);
    if (!tried) pending = pending.then(() => loadTried(version));
  }

  follow(champion);
  followTrial();
  registry.listen(name, (next, event) => {
    if (event.action === "rollback" || event.action === "pin") {
      epoch++;
      serving = undefined;
    }
    // What was on trial is at hand when it is promoted.
    if (tried && next?.version === tried.version) versions.set(tried.version, tried);
    follow(next?.version);
    followTrial();
  });

  return {
    current: () => serving,
    loaded: (version) => versions.get(version),
    trial: () => (terms && tried ? { served: tried, terms } : undefined),
    epoch: () => epoch,
    ready: () => pending,
    arriving: () => loads > 0 && serving === undefined && champion !== undefined,
  };
}
