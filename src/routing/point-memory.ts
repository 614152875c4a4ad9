import type { FallbackReason } from "../core/index.js";
import { Recent } from "../core/index.js";
import type { RoutingDeps } from "./deps.js";
import { type CallCounter, createCallCounter, createRepeatCounter, type RepeatCounter } from "./identity.js";
import { createPolicyFeed, type PolicyFeed } from "./served-policy.js";

/** What a process remembers of one decision point. */
export interface PointMemory {
  /** The promoted policy; followed once, however many routers ask. */
  readonly feed: PolicyFeed;
  readonly countCall: CallCounter;
  readonly countRepeat: RepeatCounter;
  /** The share that a run on trial began with, by run and version. */
  readonly runShares: Recent<number>;
  /** Choices under each version, while they are a canary's. */
  readonly canaryCounts: Map<string, number>;
  /** Kinds of trouble that were warned of. */
  readonly warned: Set<string>;
  readonly fallbacks: Partial<Record<FallbackReason, number>>;
  decisions: number;
  explored: number;
  unrecorded: number;
  /** Learned from its first answer: a fallback that answers by promise is not asked at every decision in act. */
  fallbackIsSlow: boolean;
}

/** Runs on trial whose share is remembered at least. */
const REMEMBERED_RUNS = 10_000;

const memories = new WeakMap<RoutingDeps, Map<string, PointMemory>>();

/** Resolves when what is promoted for a decision point serves, whether or not its router is made yet. */
export function policyReady(decisionPoint: string, deps: RoutingDeps): Promise<void> {
  return memoryOf(decisionPoint, deps).feed.ready();
}

/**
 * The memory of a decision point, the same for every router of that name: a host that builds its graph
 * anew for each request leaves nothing behind, and its counts, warnings and canaries go on.
 */
export function memoryOf(decisionPoint: string, deps: RoutingDeps): PointMemory {
  const known = memories.get(deps) ?? new Map<string, PointMemory>();
  memories.set(deps, known);
  const memory = known.get(decisionPoint) ?? {
    feed: createPolicyFeed(decisionPoint, deps.registry, deps.logger),
    countCall: createCallCounter(),
    countRepeat: createRepeatCounter(),
    runShares: new Recent(REMEMBERED_RUNS),
    canaryCounts: new Map(),
    warned: new Set(),
    fallbacks: {},
    decisions: 0,
    explored: 0,
    unrecorded: 0,
    fallbackIsSlow: false,
  };
  known.set(decisionPoint, memory);
  return memory;
}
