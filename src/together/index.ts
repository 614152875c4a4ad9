/**
 * Learning together: several sites learn one policy without a run leaving its site.
 * @module
 */
export {
  MASKING_STEP,
  type MaskedContribution,
  type MaskingKey,
  maskContribution,
  maskingKey,
  mergeMasked,
} from "./federated/masking.js";
export { type Merged, type MergeOptions, merge } from "./federated/merge.js";
export {
  composedMu,
  deltaOf,
  epsilonOf,
  lambdaForNoise,
  muOf,
  type PrivateRelease,
  release,
  sensitivityOf,
  type Uniform,
} from "./federated/privacy.js";
export { mergeRobust, type RobustMerged } from "./federated/robust.js";
export { type FederatedPolicy, type PolicyOptions, policyOf } from "./federated/solve.js";
export type { Sums } from "./federated/statistics.js";
export {
  type Contribution,
  contributionOf,
  type FederatedRow,
  type FederationPlan,
  planVersion,
} from "./federated/statistics.js";
export { storeTransport } from "./transport/documents.js";
export { folderTransport } from "./transport/folder.js";
export { createFederationHandler, type FederationHandlerOptions } from "./transport/handler.js";
export { type HttpTransportOptions, httpTransport } from "./transport/http.js";
export type { KeyLetter, LetterKind, Letters } from "./transport/letters.js";
export type { FederationTransport } from "./transport/transport.js";
