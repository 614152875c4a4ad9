import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as main from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { fitEncoder } from "langgraph-collective-learning/encoding";
import * as environments from "langgraph-collective-learning/environments";
import { createFeedbackNode } from "langgraph-collective-learning/feedback";
import { EventLog, NgramCounts, PatternEngine } from "langgraph-collective-learning/patterns";
import { createPolicy, PageHinkley } from "langgraph-collective-learning/policies";
import { folderTransport } from "langgraph-collective-learning/together";
import { describe, expect, it } from "vitest";

const manifest = JSON.parse(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8")) as {
  exports: Record<string, object>;
};
const entries = Object.keys(manifest.exports).filter(
  (name) => !["./package.json", "./worker", "./store/contract"].includes(name),
);
type Exports = Record<string, unknown>;
const load = (entry: string) => import(entry.replace(/^\./, "langgraph-collective-learning")) as Promise<Exports>;

type Callable = (...given: unknown[]) => unknown;
const isClass = (f: unknown) => /^class\b/.test(Function.prototype.toString.call(f));

/** What plain JavaScript may pass by mistake. */
const RUBBISH: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  0: 0,
  '"x"': "x",
  "[]": [],
  "[{}]": [{}],
  "{}": {},
  NaN: Number.NaN,
  "() => 1": () => 1,
};

/** Argument lists of a function: none, one of the rubbish alone and in all places, and after a right-looking first one. */
function* argumentLists(length: number): Generator<[string, unknown[]]> {
  const rest = Math.max(1, Math.min(5, length) - 1);
  yield ["()", []];
  for (const [name, value] of Object.entries(RUBBISH)) {
    yield [`(${name})`, [value]];
    yield [`(all ${name})`, Array(rest + 1).fill(value)];
    for (const first of [{}, [], "x"])
      yield [`(${JSON.stringify(first)}, ${name})`, [first, ...Array(rest).fill(value)]];
  }
}

/** The error of a call that is no {@link LearningError}; a refusal of a request has a status instead of a code. */
async function uncodedError(call: () => unknown): Promise<string | undefined> {
  try {
    const result = (await call()) as { next?: () => unknown } | undefined;
    if (typeof result === "object" && result !== null && typeof result.next === "function") await result.next();
    return undefined;
  } catch (error) {
    const { name, code, status, message } = error as Record<string, unknown>;
    return (name === "LearningError" && typeof code === "string") || typeof status === "number"
      ? undefined
      : `${String(name)}: ${String(message)}`;
  }
}

async function uncodedErrors(name: string, length: number, call: Callable): Promise<string[]> {
  const found: string[] = [];
  for (const [list, given] of argumentLists(length)) {
    const error = await uncodedError(() => call(...given));
    if (error !== undefined) found.push(`${name}${list} -> ${error}`);
  }
  return found;
}

/** Exports that may fail without a code, and why. */
const MAY_FAIL: Record<string, string> = {
  LearningError: "is itself what is thrown, by this package alone",
};

describe("what plain JavaScript may pass by mistake", () => {
  it.each(entries)("to %s fails with a code, or not at all", async (entry) => {
    const errors: string[] = [];
    for (const [name, value] of Object.entries(await load(entry))) {
      if (typeof value !== "function" || name in MAY_FAIL) continue;
      const call: Callable = isClass(value)
        ? (...given) => new (value as new (...given: unknown[]) => unknown)(...given)
        : (value as Callable);
      errors.push(...(await uncodedErrors(name, value.length, call)));
    }
    expect(errors).toEqual([]);
  });
});

/** Names of public methods, those of its classes and its own. */
function methodsOf(one: object, hidden: ReadonlySet<string>): string[] {
  const names = new Set<string>();
  for (let at = one; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === "function" && !isClass(value)) names.add(name);
  return [...names].filter((name) => !hidden.has(name)).sort();
}

/** Methods that are not called: they end the object, or are private to its class. */
const NOT_CALLED = new Set(
  "constructor close startLearning stopLearning encodeText encodeField isPresent mustKnow mustLearn mustBeOpen".split(
    " ",
  ),
);

/** Private methods, as the declarations say them: from plain JavaScript they are not part of what is promised. */
function privateMethods(declarations: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../dist/${declarations}`, import.meta.url)), "utf8");
  return [...text.matchAll(/^ {4}private (?:readonly |static |get )*(\w+)/gm)].map(([, name = ""]) => name);
}

describe("what plain JavaScript may pass by mistake to methods", async () => {
  const folder = mkdtempSync(join(tmpdir(), "arguments-"));
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const loop = await main.CollectiveLearningLoop.open({ storagePath: join(folder, "loop"), logger });
  const contexts: main.DecisionContext[] = Array.from({ length: 40 }, (_, i) => ({
    a: i,
    b: i % 3,
    t: i % 2 ? "x" : "y",
  }));
  const encoder = fitEncoder(contexts);
  const examples = contexts.map((features, i) => ({ features, targets: { reward: (i % 10) / 10 } }));
  const store = main.createMemoryStore();
  const files = await main.openFileStore({
    traces: join(folder, "traces"),
    feedback: join(folder, "feedback"),
    models: join(folder, "models"),
  });
  const policyOf = (spec: object) => createPolicy({ dim: encoder.dim, ...spec } as Parameters<typeof createPolicy>[0]);
  const objects: Record<string, [one: object, declarations?: string]> = {
    loop: [loop, "loop/collective-learning-loop.d.ts"],
    "loop.feedback": [loop.feedback, "feedback/collect/collector.d.ts"],
    "loop.registry": [loop.registry],
    "loop.prompts": [loop.prompts, "prompts/prompt-optimizer.d.ts"],
    "loop.patterns": [loop.patterns, "patterns/pattern-analyzer.d.ts"],
    "loop.federation": [loop.federation, "loop/federation.d.ts"],
    "loop.inspect": [loop.inspect, "loop/inspector.d.ts"],
    "loop.tracer": [loop.tracer, "tracing/tracer.d.ts"],
    UserFeedback: [new main.UserFeedback("run-1", "alice"), "feedback/collect/user-feedback.d.ts"],
    "a policy": [policyOf({ kind: "auto" })],
    "a fixed policy": [policyOf({ kind: "fixed" })],
    "an encoder": [encoder],
    "RewardModel, static": [{ fit: main.RewardModel.fit, restore: main.RewardModel.restore }],
    "PromptOptimizer, static": [{ open: (given: unknown) => main.PromptOptimizer.open(given as never) }],
    "a reward model": [await main.RewardModel.fit(examples, { seed: 1 }), "rewards/reward-model.d.ts"],
    "the orchestrator's environment": [new main.OrchestratorEnv(), "environments/orchestrator/orchestrator-env.d.ts"],
    CartPole: [new environments.CartPole(), "environments/cart-pole.d.ts"],
    TimeLimit: [environments.cartPole()],
    NormalizeObservation: [
      new environments.NormalizeObservation(environments.cartPole()),
      "environments/wrappers/normalize-observation.d.ts",
    ],
    VectorEnv: [new environments.VectorEnv([environments.cartPole()])],
    tabularEnv: [environments.tabularEnv(environments.cliffWorld())],
    RunningMoments: [new environments.RunningMoments(2)],
    Box: [new environments.Box(0, 1, 2)],
    Discrete: [new environments.Discrete(3)],
    MultiDiscrete: [new environments.MultiDiscrete([2, 3])],
    DictSpace: [new environments.DictSpace({ a: new environments.Discrete(2) })],
    "a memory store": [store],
    "a memory store's documents": [store.documents],
    "a memory store's blobs": [store.blobs],
    "a file store": [files],
    "a file store's documents": [files.documents],
    "a file store's blobs": [files.blobs],
    "a generator": [main.createRng(1)],
    ManualClock: [new main.ManualClock()],
    PageHinkley: [new PageHinkley()],
    "a pattern engine": [new PatternEngine(), "patterns/pattern-engine.d.ts"],
    EventLog: [new EventLog(), "patterns/event-log.d.ts"],
    NgramCounts: [new NgramCounts(), "patterns/ngrams.d.ts"],
    "a folder transport": [folderTransport(join(folder, "letters"))],
  };

  it.each(Object.entries(objects))("of %s fails with a code, or not at all", async (name, [one, declarations]) => {
    const hidden = new Set([...NOT_CALLED, ...(declarations ? privateMethods(declarations) : [])]);
    const errors: string[] = [];
    for (const method of methodsOf(one, hidden)) {
      const call = (one as Record<string, Callable>)[method] as Callable;
      errors.push(...(await uncodedErrors(method, call.length, (...given) => call.apply(one, given))));
    }
    expect(errors, name).toEqual([]);
  });

  const swallowed: [string, () => unknown, RegExp][] = [
    [
      "ratings as a number",
      () => new main.UserFeedback("r", "u").setRatings(0.9 as never),
      /FEEDBACK_INVALID.*0\.9 for ratings/,
    ],
    [
      "ratings as a list",
      () => new main.UserFeedback("r", "u").setRatings([0.9] as never),
      /FEEDBACK_INVALID.*for ratings/,
    ],
    [
      "a seed in the place of options",
      () => environments.cartPole().reset(7 as never),
      /ENV_INVALID.*7 for the options of reset/,
    ],
    ["an experiment of no prompt", () => loop.prompts.stopExperiment("nope", "why"), /PROMPT_INVALID.*"nope"/],
    ["a policy of no prompt", () => loop.prompts.learnPolicy("nope"), /PROMPT_INVALID.*"nope"/],
    ["a prompt's unknown version", () => loop.prompts.promote("nope", "v1", "why"), /ARTIFACT_UNKNOWN|PROMPT_INVALID/],
    ["a roll-back of nothing", () => loop.registry.rollback("nope", "why"), /ARTIFACT_UNKNOWN/],
    ["an unknown version", () => loop.registry.promote("nope", "v1", "why"), /ARTIFACT_UNKNOWN/],
    ["a pin of nothing", () => loop.registry.pin("nope", "v1", "why"), /ARTIFACT_UNKNOWN/],
    ["a listener that is none", () => loop.registry.listen("policy/x", undefined as never), /CONFIG_INVALID.*listener/],
    ["a report that is none", () => loop.patterns.adopt({} as never), /PATTERN_INVALID/],
    ["a generator without a seed", () => main.createRng(undefined as never), /CONFIG_INVALID.*undefined for seed/],
    ["a distribution of text", () => environments.constant("x" as never), /ENV_INVALID.*"x" for value/],
    ["a node without its collector", () => createFeedbackNode({} as never), /FEEDBACK_INVALID/],
    ["a dashboard of nothing", () => createDashboard({} as never), /CONFIG_INVALID/],
  ];
  it.each(swallowed)("%s is not taken in silence", async (_, call, message) => {
    await expect((async () => call())()).rejects.toThrow(message);
  });
});
