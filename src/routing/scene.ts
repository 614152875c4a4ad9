import { types } from "node:util";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { isControlSignal } from "../core/control-signal.js";
import { LATE, within } from "../core/deadline.js";
import type { Clock, DecisionContext, FallbackReason } from "../core/index.js";
import { ignoreRejection, LearningError, messageOf, show } from "../core/index.js";
import { ownField } from "../core/own-fields.js";
import { copyContext } from "./context-values.js";
import type { ResolvedOptions } from "./options.js";

/** Why the policy is not asked, in a code and in words. */
export interface Trouble {
  reason: FallbackReason;
  detail: string;
}

/** What the user's functions said about one choice. */
export interface ChoiceScene {
  context: DecisionContext;
  /** Which destinations are allowed, aligned with them. */
  legal: boolean[];
  features?: Record<string, DecisionContext>;
  /** A name that the mask forbids and that is no destination: a slip, or a mask that several routers share. */
  stray?: string;
  trouble?: Trouble;
}

/**
 * Asks the context, mask and feature functions; whatever goes wrong becomes trouble, never an error.
 * Answers at once where the context function does.
 * @param fixedFeatures what `candidateFeatures` holds, where it is no function
 */
export function observeScene<S, D extends string>(
  options: ResolvedOptions<S, D>,
  fixedFeatures: Record<string, DecisionContext> | undefined,
  state: S,
  config: LangGraphRunnableConfig,
  clock: Clock,
): ChoiceScene | Promise<ChoiceScene> {
  const compose = (value: unknown): ChoiceScene => {
    const legal = options.destinations.map(() => true);
    if (value === LATE)
      return troubled(legal, "time-budget", `the context function took more than ${options.timeBudgetMs} ms`);
    const context = copyContext(value, "the context function");
    const stray = options.mask && applyMask(legal, options.mask(state, config), options.destinations);
    const { candidateFeatures } = options;
    const features =
      typeof candidateFeatures === "function"
        ? copyFeatures(candidateFeatures(state, config), options.destinations)
        : fixedFeatures;
    const scene: ChoiceScene = features ? { context, legal, features } : { context, legal };
    if (stray !== undefined) scene.stray = stray;
    return scene;
  };
  const fail = (error: unknown): ChoiceScene => {
    if (isControlSignal(error)) throw error;
    return troubled(
      options.destinations.map(() => true),
      "context-error",
      messageOf(error),
    );
  };
  try {
    const answer = options.context(state, config);
    if (!isPromise(answer)) return compose(answer);
    return within(answer, options.timeBudgetMs, clock).then(compose).catch(fail);
  } catch (error) {
    return fail(error);
  }
}

/** The scene with what other decision points chose, as far as the context function gave no such fields itself. */
export function withPath(scene: ChoiceScene, path: DecisionContext | undefined): ChoiceScene {
  if (path && !scene.trouble) for (const field in path) scene.context[field] ??= path[field] ?? null;
  return scene;
}

function troubled(legal: boolean[], reason: FallbackReason, detail: string): ChoiceScene {
  return { context: {}, legal, trouble: { reason, detail } };
}

/** @returns a name that it forbids though it is no destination */
function applyMask<D extends string>(
  legal: boolean[],
  mask: Readonly<Partial<Record<D, boolean>>>,
  destinations: readonly D[],
): string | undefined {
  ignoreRejection(mask);
  if (typeof mask !== "object" || mask === null || isPromise(mask))
    throw new LearningError("CONTEXT_INVALID", {
      received: `${isPromise(mask) ? "a promise" : show(mask)} from the mask function`,
      expected: "an object with false for each destination that is not allowed",
      remedy: "Answer at once: a mask that needs waiting for belongs into the state, before the router.",
    });
  // A list, a Map, or 0 for false would forbid nothing, and what is forbidden would be tried.
  const odd = destinations.find((name) => ![undefined, true, false].includes(mask[name]));
  if (odd !== undefined || Array.isArray(mask) || types.isMap(mask) || types.isSet(mask))
    throw new LearningError("CONTEXT_INVALID", {
      received: `${odd === undefined ? show(mask) : `${show(mask[odd])} for ${show(odd)}`} from the mask function`,
      expected: "an object with false for each destination that is not allowed",
      remedy: "Name the destinations, as in { billing: false }.",
    });
  for (let i = 0; i < legal.length; i++) legal[i] = mask[destinations[i]] !== false;
  if (legal.some(Boolean))
    return Object.keys(mask).find((name) => mask[name as D] === false && !destinations.includes(name as D));
  throw new LearningError("CONTEXT_INVALID", {
    received: "a mask that allows no destination",
    expected: `at least one of ${destinations.join(", ")}`,
    remedy: "Allow a destination, or route without the learned edge when there is none.",
  });
}

/**
 * Copies the features of the destinations.
 * @throws CONTEXT_INVALID, naming the destination, where they are missing or no plain values
 */
export function copyFeatures(given: unknown, destinations: readonly string[]): Record<string, DecisionContext> {
  ignoreRejection(given);
  const of = (name: string) => (typeof given === "object" && given !== null ? ownField(given, name) : undefined);
  return Object.fromEntries(
    destinations.map((name) => [name, copyContext(of(name), `candidateFeatures of ${show(name)}`)]),
  );
}

/** True for anything that can be awaited. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
