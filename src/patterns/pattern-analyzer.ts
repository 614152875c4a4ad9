import { checkArgument, textArgument } from "../core/arguments.js";
import { objectArgument } from "../core/index.js";
import { Follower } from "../store/follow.js";
import { type FactKind, type FactTypes, factsOfRuns, type LearningStore } from "../store/index.js";
import { type AgentCombination, type BestCombinationOptions, bestCombination } from "./agent-combinations.js";
import { type AnalyzeOptions, analyzeSettings } from "./analyze-options.js";
import { analyzeRuns } from "./analyze-runs.js";
import type { Blame, FailedRun } from "./blame.js";
import { type Conformance, checkConformance, type ReferenceModel, referenceOf } from "./conformance.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { type PatternReward, type RunFacts, takeIn } from "./intake.js";
import { PatternEngine } from "./pattern-engine.js";
import type { PatternReport, VariantStanding } from "./pattern-report.js";
import { processMap } from "./process-map.js";
import { type PatternRecommendation, type RecommendationContext, recommend } from "./recommendations.js";

/** Where the facts come from: a store, or a WorkflowTracer, whose buffer is flushed before each reading. */
export type PatternSource =
  | Pick<LearningStore, "read">
  | { readonly store: Pick<LearningStore, "read">; flush?(): Promise<void> };

/** Options of a PatternAnalyzer; those of `analyzePatterns` become its defaults. */
export interface PatternAnalyzerOptions extends AnalyzeOptions {
  /** A run's reward in [0,1]; by default composed from judgement and success, without latency and cost. */
  reward?: PatternReward;
  /**
   * Makes the reports, where that is not to be done here: the loop's are made by its learning thread, with
   * the rewards that it learns from.
   */
  analyze?(options: AnalyzeOptions): Promise<PatternReport>;
}

/**
 * Finds in the traces what distinguishes runs that go well: sequences, n-grams and loops of nodes,
 * tools and agents; the process map; agent combinations; decision rules; what precedes failures; and
 * how metrics go with the reward. Works alone on a store or tracer, and inside the loop.
 * @example
 * const report = await new PatternAnalyzer(store).analyzePatterns({ minSupport: 0.1 });
 */
export class PatternAnalyzer {
  private engine = new PatternEngine();
  private readonly store?: Pick<LearningStore, "read">;
  private readonly flush?: () => Promise<void> | undefined;
  private readonly follower?: Follower<FactKind>;
  private cache?: { revision: number; key: string; report: PatternReport };
  private adopted?: PatternReport;
  /** Runs of which facts came before any trace. */
  private readonly traceless = new Set<string>();

  constructor(
    source?: PatternSource,
    private readonly options: PatternAnalyzerOptions = {},
  ) {
    checkArgument(options, "options", "object", "PATTERN_INVALID");
    if (source === undefined) return;
    checkArgument(source, "source", "object", "PATTERN_INVALID");
    this.store = "read" in source ? source : source.store;
    checkArgument(this.store, "source", { read: "function" }, "PATTERN_INVALID");
    this.follower = new Follower(this.store);
    if ("flush" in source) this.flush = () => source.flush?.();
  }

  /**
   * Takes in what is new in the store: runs, resumed runs, feedback, decisions. Counts are updated run by
   * run; nothing is mined. Returns the number of runs that changed. Calls wait for each other; one that fails
   * (the store's errors) loses nothing, the next one reads the same again.
   */
  async update(): Promise<number> {
    const { store, follower } = this;
    return store && follower ? follower.inTurn(() => this.takeNews(store, follower)) : 0;
  }

  /** Forgets everything taken in, for instance after an erasure; the next `update` reads the store anew. */
  async forget(): Promise<void> {
    await this.follower?.forget(() => {
      this.engine = new PatternEngine();
      this.cache = undefined;
      this.traceless.clear();
    });
  }

  private async takeNews(store: Pick<LearningStore, "read">, follower: Follower<FactKind>): Promise<number> {
    await this.flush?.();
    const kinds = ["trace", "feedback", "decision"] as const;
    const news = await follower.allNews(kinds);
    const facts = kinds.map((kind) => byRun<FactTypes[FactKind]>(news.facts[kind]));
    const changed = new Set(facts.flatMap((f) => [...f.keys()]));
    const started = facts[0];
    const known = new Set(
      [...changed].filter((id) => this.engine.runs.has(id) || this.traceless.has(id) || !started.has(id)),
    );
    const whole = [
      await factsOfRuns(store, "trace", known),
      await factsOfRuns(store, "feedback", known),
      await factsOfRuns(store, "decision", known),
    ];
    const runs = new Map<string, RunFacts>();
    for (const id of changed) {
      const [segments, given, decisions] = (known.has(id) ? whole : facts).map((f) => f.get(id) ?? []);
      runs.set(id, { segments, feedback: given, decisions } as RunFacts);
    }
    for (const id of changed) this.traceless.delete(id);
    for (const id of takeIn(this.engine, runs, this.options.reward)) this.traceless.add(id);
    news.taken();
    return changed.size;
  }

  /**
   * The full analysis of everything so far; kept until something new comes in or other options are asked for.
   * @throws PATTERN_INVALID for options outside their range, CONFIG_UNKNOWN_KEY for unknown ones
   */
  async analyzePatterns(options: AnalyzeOptions = {}): Promise<PatternReport> {
    checkArgument(options, "options", "object", "PATTERN_INVALID");
    const { analyze, reward: _, ...defaults } = this.options;
    const merged = { ...defaults, ...options };
    analyzeSettings(merged);
    if (analyze) return analyze(merged);
    await this.update();
    const key = JSON.stringify(merged);
    if (this.cache?.revision !== this.engine.revision || this.cache.key !== key)
      this.cache = { revision: this.engine.revision, key, report: analyzeRuns(this.engine, merged) };
    return this.cache.report;
  }

  /** Answers from a report made elsewhere (published by the loop) instead of analysing here. */
  adopt(report: PatternReport): void {
    checkArgument(report, "report", { patterns: "list", variants: "list" }, "PATTERN_INVALID");
    this.adopted = report;
  }

  /** Advice for a situation, from significant findings only; empty rather than guessed. */
  async getPatternRecommendations(context: RecommendationContext = {}): Promise<PatternRecommendation[]> {
    objectArgument(context, "the context of a recommendation", "PATTERN_INVALID");
    return recommend(await this.current(), context);
  }

  /** The way through the graph that is surely better than a workflow type's average, or undefined. */
  async getOptimalWorkflowPattern(
    workflowType: string,
    options: { minRuns?: number; certainty?: number } = {},
  ): Promise<VariantStanding | undefined> {
    textArgument(workflowType, "workflowType", "PATTERN_INVALID");
    checkArgument(options, "options", { minRuns: "number?", certainty: "number?" }, "PATTERN_INVALID");
    const { minRuns = PATTERN_DEFAULTS.minRuns, certainty = PATTERN_DEFAULTS.certainty } = options;
    return (await this.current()).variants
      .filter((v) => v.workflowType === workflowType && v.ratedRuns >= minRuns && v.betterProbability >= certainty)
      .sort((a, b) => b.reward - a.reward)[0];
  }

  /** The agents that are surely better together than a task type's average, or undefined. */
  async getOptimalAgentCombination(
    taskType: string,
    options: BestCombinationOptions = {},
  ): Promise<AgentCombination | undefined> {
    textArgument(taskType, "taskType", "PATTERN_INVALID");
    checkArgument(options, "options", "object", "PATTERN_INVALID");
    return bestCombination((await this.current()).agentCombinations, taskType, options);
  }

  /**
   * Which runs of a workflow type left the map, and where.
   * @param reference what runs may do; by default the part of the map that at least one run in twenty uses
   * @returns undefined for a workflow type without runs
   */
  async checkConformance(workflowType: string, reference?: ReferenceModel): Promise<Conformance | undefined> {
    textArgument(workflowType, "workflowType", "PATTERN_INVALID");
    await this.update();
    const type = this.engine.types.get(workflowType);
    if (!type || type.logs.nodes.size === 0) return undefined;
    return checkConformance(type.logs.nodes, reference ?? referenceOf(processMap(type.logs.nodes, type.follows)));
  }

  /**
   * The likely culprits of a failed run, from failures whose culprit a person named (feedback with the
   * tag `responsible:AGENT`) and is known by the last `update`; empty while there are too few.
   */
  attributeFailure(run: FailedRun): Blame[] {
    return this.engine.blameModel().attribute(objectArgument(run, "the failed run", "PATTERN_INVALID"));
  }

  private async current(): Promise<PatternReport> {
    return this.adopted ?? this.analyzePatterns();
  }
}

function byRun<T extends { workflowId: string }>(facts: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const fact of facts) {
    const list = found.get(fact.workflowId);
    if (list) list.push(fact);
    else found.set(fact.workflowId, [fact]);
  }
  return found;
}
