import { choiceProbabilities, fitConditionalLogit } from "./conditional-logit.js";

/** What a culprit is found by. */
export type BlameRule = "first speaker" | "last speaker" | "most frequent speaker" | "all attributes";

/** Who acted at each step of a failed run, and who among them was to blame. */
interface KnownCulprit {
  steps: readonly string[];
  responsible: string;
}

/** A rule with its weights. */
export interface FittedRule {
  name: BlameRule;
  /** For each distinct agent of a run, in the order of their first steps. */
  probabilities(steps: readonly string[]): number[];
}

const FOLDS = 10;
const PRIOR_WEIGHT = 2;

interface Counts {
  blamed: Map<string, number>;
  seen: Map<string, number>;
}

/** What of an agent's part in a run each rule goes by. */
const RULES: Record<BlameRule, (agent: string, steps: readonly string[], rate: number) => number[]> = {
  "first speaker": (a, steps) => [Number(steps[0] === a)],
  "last speaker": (a, steps) => [Number(steps.at(-1) === a)],
  "most frequent speaker": (a, steps) => [Number(mostFrequent(steps) === a)],
  "all attributes": (a, steps, rate) => [
    Number(steps[0] === a),
    Number(steps.at(-1) === a),
    steps.indexOf(a) / steps.length,
    steps.lastIndexOf(a) / steps.length,
    rate,
  ],
};
const [SIMPLEST, ...OTHERS] = Object.keys(RULES) as [BlameRule, ...BlameRule[]];

/**
 * The rule that names most culprits out of fold. Every rule is a conditional logit; the simple ones have one
 * attribute, so that their probabilities hold for few agents and many. The model of all attributes (where an agent
 * first and last acted, and how often it was to blame before, shrunken towards chance) takes the place of the best
 * simple rule only where it is ahead by more than one standard error of the difference (Breiman et al., 1984): on a
 * few dozen failures it is otherwise as often worse.
 * @param failures with a culprit among their steps
 */
export function chooseRule(failures: readonly KnownCulprit[]): FittedRule {
  const hitsOf = (name: BlameRule) => outOfFold(name, failures);
  let best = { name: SIMPLEST, hits: hitsOf(SIMPLEST) };
  for (const name of OTHERS) {
    const hits = hitsOf(name);
    const differences = hits.map((h, i) => h - best.hits[i]);
    const ahead = sum(differences);
    const needed = name === "all attributes" ? Math.sqrt(sum(differences.map(Math.abs))) : 0;
    if (ahead > needed) best = { name, hits };
  }
  return fitRule(best.name, failures);
}

/** For each failure 1 where the rule, fitted to the other folds, names its culprit. */
function outOfFold(name: BlameRule, failures: readonly KnownCulprit[]): number[] {
  const folds = Math.min(FOLDS, failures.length);
  const hits = new Array<number>(failures.length).fill(0);
  for (let k = 0; k < folds; k++) {
    const rule = fitRule(
      name,
      failures.filter((_, i) => i % folds !== k),
    );
    for (let i = k; i < failures.length; i += folds) {
      const { steps, responsible } = failures[i];
      const p = rule.probabilities(steps);
      hits[i] = Number([...new Set(steps)][p.indexOf(Math.max(...p))] === responsible);
    }
  }
  return hits;
}

function fitRule(name: BlameRule, failures: readonly KnownCulprit[]): FittedRule {
  const counts = countsOf(failures);
  const logit = fitConditionalLogit(
    failures.map(({ steps, responsible }) => ({
      // The run itself must not speak for its own culprit while the weights are fitted.
      features: attributes(name, steps, without(counts, steps, responsible)),
      chosen: [...new Set(steps)].indexOf(responsible),
    })),
  );
  return { name, probabilities: (steps) => choiceProbabilities(logit, attributes(name, steps, counts)) };
}

function attributes(name: BlameRule, steps: readonly string[], { blamed, seen }: Counts): number[][] {
  const agents = [...new Set(steps)];
  const chance = 1 / agents.length;
  return agents.map((a) => {
    const rate = ((blamed.get(a) ?? 0) + PRIOR_WEIGHT * chance) / ((seen.get(a) ?? 0) + PRIOR_WEIGHT);
    return RULES[name](a, steps, Math.log(rate / chance));
  });
}

function countsOf(failures: readonly KnownCulprit[]): Counts {
  const counts: Counts = { blamed: new Map(), seen: new Map() };
  for (const { steps, responsible } of failures) {
    for (const a of new Set(steps)) add(counts.seen, a, 1);
    add(counts.blamed, responsible, 1);
  }
  return counts;
}

function without({ blamed, seen }: Counts, steps: readonly string[], responsible: string): Counts {
  const others = { blamed: new Map(blamed), seen: new Map(seen) };
  for (const a of new Set(steps)) add(others.seen, a, -1);
  add(others.blamed, responsible, -1);
  return others;
}

function mostFrequent(steps: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const s of steps) add(counts, s, 1);
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0])[0];
}

const add = (counts: Map<string, number>, key: string, by: number) => counts.set(key, (counts.get(key) ?? 0) + by);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
