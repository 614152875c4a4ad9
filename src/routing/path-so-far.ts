import type { DecisionContext, RunConfigLike } from "../core/index.js";
import { pathField, pointOfField } from "../core/path-fields.js";

/** Where in a run something was chosen. */
export interface RunPlace {
  /** LangGraph's checkpoint namespace: the tasks it was chosen in, the outermost first. */
  namespace: string;
  /** The checkpoint that each graph around it was at, by the namespace of the graph: one for each of its steps. */
  steps: Readonly<Record<string, unknown>>;
  /** How often runs of its id had come to their end: what the last one chose is not of this one. */
  endings: number;
}

/** What a decision point chose last in a run. */
export interface EarlierChoice {
  decisionPoint: string;
  /** Undefined where branches that ran at once chose differently. */
  chosen: string | undefined;
  place: RunPlace;
}

/** Decision points whose choices are remembered of a run, those that chose last. */
const MOST_POINTS = 16;

const NO_STEPS = {};

/** Where something was chosen of which the place is not known: earlier than anything that follows from it. */
export const ANYWHERE: RunPlace = { namespace: "", steps: NO_STEPS, endings: 0 };

/** Where in its run a call is made. */
export function placeOf({ executionInfo, configurable }: RunConfigLike, endings: number): RunPlace {
  const namespace = executionInfo?.checkpointNs ?? configurable?.checkpoint_ns;
  const steps = configurable?.checkpoint_map;
  return {
    namespace: typeof namespace === "string" ? namespace : "",
    steps: typeof steps === "object" && steps !== null ? (steps as RunPlace["steps"]) : NO_STEPS,
    endings,
  };
}

/**
 * Whether two places are branches of one step, of which neither knows what the other one does: whichever came first,
 * came first by chance. Steps are barriers, and what happens in one task, or outside of any, has an order.
 */
export function areParallel(a: RunPlace, b: RunPlace): boolean {
  if (a.namespace === b.namespace || a.namespace === "" || b.namespace === "") return false;
  const [own, other] = [a.namespace.split("|"), b.namespace.split("|")];
  let level = 0;
  while (level < own.length && own[level] === other[level]) level++;
  if (level === own.length || level === other.length) return false;
  const graph = own.slice(0, level).join("|");
  const step = a.steps[graph];
  return step === undefined || step === b.steps[graph];
}

/** Notes a choice among those of its run; of each point the last counts. */
export function noteChoice(choices: EarlierChoice[], choice: EarlierChoice): void {
  const at = choices.findIndex((c) => c.decisionPoint === choice.decisionPoint);
  const known = choices[at];
  if (known?.place.endings === choice.place.endings && areParallel(known.place, choice.place)) {
    if (known.chosen !== choice.chosen) known.chosen = undefined;
    return;
  }
  if (known) choices.splice(at, 1);
  else if (choices.length >= MOST_POINTS) choices.shift();
  choices.push(choice);
}

/** What a logged context knew. */
export function choicesIn(context: DecisionContext): EarlierChoice[] {
  return Object.entries(context).flatMap(([field, value]) => {
    const decisionPoint = pointOfField(field);
    return decisionPoint !== undefined && typeof value === "string"
      ? [{ decisionPoint, chosen: value, place: ANYWHERE }]
      : [];
  });
}

/** What is known at a place of what other decision points chose earlier in the run, as fields of a context. */
export function pathTo(
  choices: readonly EarlierChoice[],
  decisionPoint: string,
  place: RunPlace,
): DecisionContext | undefined {
  let path: DecisionContext | undefined;
  for (const { decisionPoint: other, chosen, place: then } of choices) {
    if (other === decisionPoint || then.endings !== place.endings || chosen === undefined) continue;
    if (areParallel(then, place)) continue;
    path ??= {};
    path[pathField(other)] = chosen;
  }
  return path;
}
