import type { Clock, Logger } from "../core/index.js";
import { createModeBook, createPolicyNode, createRunBook, type restoreServedPolicy } from "../routing/index.js";
import type { SentinelLoop } from "./advisor.js";

/** The payload of a routing artifact: policy, encoder and what they were trained on. */
export type SentinelPolicy = Parameters<typeof restoreServedPolicy>[1];

/** Follows one given policy, without a loop: decisions are not kept. */
export function fixedPolicy(policy: SentinelPolicy, clock: Clock, logger: Logger): SentinelLoop {
  const deps = {
    sink: {
      record() {},
      // Runs that nobody named draw alike: the same input gives the same run.
      identify: ({ metadata, executionInfo }) => ({
        workflowId: String(metadata?.["workflowId"] ?? executionInfo?.threadId ?? "unnamed"),
      }),
    },
    registry: {
      champion: (name) => ({ name, version: "given", kind: "routing-policy", createdAt: "", lineage: { rows: 0 } }),
      load: () => Promise.resolve(policy),
      listen: () => () => {},
    },
    clock,
    logger,
    seed: 0,
    enabled: () => true,
    modes: createModeBook(),
    runs: createRunBook(),
  } satisfies Parameters<typeof createPolicyNode>[1];
  return { policyNode: (options) => createPolicyNode(options, deps) };
}
