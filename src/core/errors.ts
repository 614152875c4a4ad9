import { classNameOf, fieldOf, isLongBigint, isPlainJson } from "./own-fields.js";

/** Stable, documented codes of every error this package throws on purpose. */
export type LearningErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNKNOWN_KEY"
  | "CONTEXT_INVALID"
  | "DESTINATION_UNKNOWN"
  | "ROUTER_INVALID"
  | "POLICY_INVALID"
  | "SNAPSHOT_INVALID"
  | "ENCODER_INVALID"
  | "FEEDBACK_INVALID"
  | "FEEDBACK_UNKNOWN_RUN"
  | "FEEDBACK_REFUSED"
  | "RUN_UNKNOWN"
  | "STORE_CLOSED"
  | "STORE_CORRUPT"
  | "STORE_IO"
  | "STORE_UNREACHABLE"
  | "STORE_REFUSED"
  | "STORE_LOCKED"
  | "STORE_LEASE_HELD"
  | "STORE_LEASE_LOST"
  | "STORE_FOREIGN"
  | "STORE_QUERY"
  | "FACT_INVALID"
  | "ARTIFACT_UNKNOWN"
  | "ARTIFACT_INVALID"
  | "ARTIFACT_PINNED"
  | "EVALUATION_INVALID"
  | "UNIDENTIFIABLE"
  | "WORKER_FAILED"
  | "LEARNING_STATE"
  | "TENSOR_BACKEND"
  | "TRAINING_INVALID"
  | "ENV_INVALID"
  | "SENTINEL_INVALID"
  | "PATTERN_INVALID"
  | "PROMPT_INVALID"
  | "EXPERIMENT_INVALID"
  | "REWARD_INVALID"
  | "REPLAY_REFUSED"
  | "INTEGRATION_FAILED"
  | "FEDERATION_INVALID"
  | "CLI_USAGE";

/** What a {@link LearningError} is built from. */
export interface LearningErrorDetails {
  /** What was received, in words or as a short value. */
  received: string;
  /** What would have been accepted. */
  expected: string;
  /** What the caller can do about it. */
  remedy: string;
  /** The error that led to this one. */
  cause?: unknown;
}

/**
 * The one error class of the package. Recognise it by `code` or by
 * {@link isLearningError}, never by `instanceof`: two copies of the package may be loaded.
 * @example
 * throw new LearningError("CONFIG_INVALID", { received: "-1", expected: "a number above 0", remedy: "Leave it out." });
 */
export class LearningError extends Error {
  override readonly name = "LearningError";
  readonly received: string;
  readonly expected: string;
  readonly remedy: string;

  constructor(
    readonly code: LearningErrorCode,
    details: LearningErrorDetails,
  ) {
    super(
      `[${code}] received ${details.received}; expected ${details.expected}. ${details.remedy}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.received = details.received;
    this.expected = details.expected;
    this.remedy = details.remedy;
  }
}

/**
 * True for a {@link LearningError} of any copy of this package, optionally of one code.
 * @example
 * if (isLearningError(error, "FEEDBACK_INVALID")) console.warn(error.message);
 */
export function isLearningError(error: unknown, code?: LearningErrorCode): error is LearningError {
  if (typeof error !== "object" || error === null) return false;
  const e = error as { name?: unknown; code?: unknown };
  return e.name === "LearningError" && (code === undefined || e.code === code);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === "function" || typeof error === "bigint") return show(error);
  if (typeof error !== "object" || error === null) return String(error);
  const message = fieldOf(error, "message");
  return typeof message === "string" ? message : show(error);
}

/** A short, bounded rendering of any value for error messages (at most 120 characters); runs none of its code. */
export function show(value: unknown): string {
  const text = rendered(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Longest JSON that is made only to be cut. */
const LONGEST_JSON = 10_000;

function rendered(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 200));
  if (typeof value === "function") return `[function ${classNameOf({ constructor: value })}]`;
  if (typeof value === "bigint") return isLongBigint(value) ? "[bigint]" : String(value);
  if (typeof value !== "object" || value === null) return String(value);
  return isPlainJson(value, LONGEST_JSON) ? JSON.stringify(value) : `[object ${classNameOf(value)}]`;
}
