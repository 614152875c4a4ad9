import type { LearningErrorCode } from "./errors.js";

/** What every code means and what to do about it; the page of errors is made from this. */
export const ERROR_CODES: Readonly<Record<LearningErrorCode, { cause: string; remedy: string }>> = {
  CONFIG_INVALID: {
    cause: "A setting has a value that cannot be.",
    remedy: "The message names the setting and what it takes.",
  },
  CONFIG_UNKNOWN_KEY: {
    cause: "A setting that does not exist.",
    remedy: "The message names the nearest known one.",
  },
  CONTEXT_INVALID: {
    cause: "A decision's context is missing or holds what cannot be kept.",
    remedy: "Return plain numbers, texts, flags or vectors from the context function.",
  },
  DESTINATION_UNKNOWN: {
    cause: "A router or fallback named a destination that the graph or the router lacks.",
    remedy: "Name one of the declared destinations, or declare it.",
  },
  ROUTER_INVALID: {
    cause: "Options of a decision point that cannot be, or a static edge beside a learned one.",
    remedy: "Correct the option; remove the static edge.",
  },
  POLICY_INVALID: {
    cause: "A policy's specification that cannot be.",
    remedy: "The message names the option and what it takes.",
  },
  SNAPSHOT_INVALID: {
    cause: "A stored policy, encoder or model is damaged or of another kind.",
    remedy: "Use an unchanged snapshot, or let the loop learn anew; the fallback serves meanwhile.",
  },
  ENCODER_INVALID: {
    cause: "An encoder's options or contexts that cannot be.",
    remedy: "The message names the field and what it takes.",
  },
  FEEDBACK_INVALID: {
    cause: "A judgement with a field that cannot be.",
    remedy: "Correct the field and submit again; nothing was stored.",
  },
  FEEDBACK_UNKNOWN_RUN: {
    cause: "A judgement of a run that was not captured here.",
    remedy: "Check the workflow id; submit after the run has begun.",
  },
  FEEDBACK_REFUSED: {
    cause: "A feedback link that is expired, used, or not signed by this secret.",
    remedy: "Send the person a new link.",
  },
  RUN_UNKNOWN: {
    cause: "Nothing is stored of a run, or of a decision in it, with this id.",
    remedy: "Check the id; runs that retention or an erasure removed are gone.",
  },
  STORE_CLOSED: {
    cause: "A call to a store after it was closed.",
    remedy: "Close the store last, or open it again.",
  },
  STORE_CORRUPT: {
    cause: "A stored document has a shape that cannot be.",
    remedy: "The last good copy is used where there is one; restore a backup otherwise.",
  },
  STORE_IO: {
    cause: "The system refused to read or write: rights, a full disk, too many open files.",
    remedy: "The message names the path and the system's own error.",
  },
  STORE_UNREACHABLE: {
    cause: "The database does not answer.",
    remedy: "Check address, network and TLS; records wait in a bounded file meanwhile.",
  },
  STORE_REFUSED: {
    cause: "The database refused: credentials or rights.",
    remedy: "Grant what the page about stores lists.",
  },
  STORE_LOCKED: {
    cause: "Another process holds a lock for too long.",
    remedy: "See whether that process is stopped; the message names it.",
  },
  STORE_LEASE_HELD: {
    cause: "Another learner holds the lease.",
    remedy: "Wait for it; a dead one's lease runs out by itself.",
  },
  STORE_LEASE_LOST: {
    cause: "A lease ran out and another took it: what was to be published is not.",
    remedy: "Nothing; the other learner does the work.",
  },
  STORE_FOREIGN: {
    cause: "A process of another host uses the folder, or did within 30 seconds.",
    remedy: "Use PostgreSQL for several hosts; if that process is gone, try again in half a minute.",
  },
  STORE_QUERY: {
    cause: "A query or cursor that cannot be.",
    remedy: "Use cursors as they were given by the same store.",
  },
  FACT_INVALID: {
    cause: "A record that does not fit its schema.",
    remedy: "The message names the field; nothing of the call was stored.",
  },
  ARTIFACT_UNKNOWN: {
    cause: "No version of that name.",
    remedy: "List the versions that are there.",
  },
  ARTIFACT_INVALID: {
    cause: "A payload or lineage that cannot be stored.",
    remedy: "Publish plain JSON.",
  },
  ARTIFACT_PINNED: {
    cause: "A change to what a person has pinned.",
    remedy: "Unpin it first.",
  },
  EVALUATION_INVALID: {
    cause: "Rows or options that no estimator can use.",
    remedy: "The message names the row and the field.",
  },
  UNIDENTIFIABLE: {
    cause: "The logs never tried what is asked about.",
    remedy: "Let the decision point explore.",
  },
  WORKER_FAILED: {
    cause: "A job of the learning thread failed, or no thread can be had.",
    remedy: "What serves is unchanged; see the cause. In bundles, pass `workerPath`.",
  },
  LEARNING_STATE: {
    cause: "A call that does not fit the loop's state, such as after closing, or while another process learns.",
    remedy: "Open a loop, or call again later.",
  },
  TENSOR_BACKEND: {
    cause: "A TensorFlow.js backend that was asked for cannot be had.",
    remedy: "Install it, or leave the choice to the package.",
  },
  TRAINING_INVALID: {
    cause: "Training options, observations or rewards that cannot be.",
    remedy: "The message names the option, or the step at which it came.",
  },
  ENV_INVALID: {
    cause: "An environment broke its contract, or a world or model cannot be simulated.",
    remedy: "The message names the method or field, and what was expected.",
  },
  SENTINEL_INVALID: {
    cause: "Options of a Sentinel that cannot be, or an agent that did not answer in time.",
    remedy: "The message names the option or the agent.",
  },
  PATTERN_INVALID: {
    cause: "Options of a pattern analysis that cannot be.",
    remedy: "The message names the option and what it takes.",
  },
  PROMPT_INVALID: {
    cause: "A template, version or proposal that cannot be.",
    remedy: "The message names it and what is expected.",
  },
  EXPERIMENT_INVALID: {
    cause: "An experiment's definition that cannot be.",
    remedy: "The message names the field and what it takes.",
  },
  REWARD_INVALID: {
    cause: "Examples or options of a reward model that cannot be.",
    remedy: "The message names the field and what it takes.",
  },
  REPLAY_REFUSED: {
    cause: "A replay that might change something outside of the graph.",
    remedy: "Name every node it may reach as pure, or give a stub.",
  },
  INTEGRATION_FAILED: {
    cause: "Another tool refused or failed, or its package is not installed.",
    remedy: "The message says which; calling again takes nothing twice.",
  },
  FEDERATION_INVALID: {
    cause: "Contributions that do not fit together, or sums that no rows could have.",
    remedy: "Agree on one plan, and send sums made by it.",
  },
  CLI_USAGE: {
    cause: "A command line that cannot be.",
    remedy: "Run the command with --help.",
  },
};
