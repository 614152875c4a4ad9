import type { FactKind, FactTypes, LearningStore } from "../store/index.js";
import { type AgentCombination, type BestCombinationOptions, bestCombination } from "./agent-combinations.js";
import { type AnalyzeOptions, analyzeRuns } from "./analyze-runs.js";
import type { Blame, FailedRun } from "./blame.js";
import { type PatternReward, type RunFacts, takeIn } from "./intake.js";
import { PatternEngine } from "./pattern-engine.js";
import type { PatternReport, VariantStanding } from "./pattern-report.js";
import { type PatternRecommendation, type RecommendationContext, recommend } from "./recommendations.js";

/** Where the facts come from: a store, or a WorkflowTracer, whose buffer is flushed before each reading. */
export type PatternSource =
  | Pick<LearningStore, "read">
  | { readonly store: Pick<LearningStore, "read">; flush?(): Promise<void> };

/** Options of a PatternAnalyzer; those of `analyzePatterns` become its defaults. */
export interface PatternAnalyzerOptions extends AnalyzeOptions {
  /** A run's reward; by default composed from judgement and success, without latency and cost. */
  reward?: PatternReward;
}

/**
 * Finds in the traces what distinguishes runs that go well: sequences, n-grams and loops of nodes,
 * tools and agents; the process map; agent combinations; decision rules; what precedes failures; and
 * how metrics go with the reward. Works alone on a store or tracer, and inside the loop.
 */
export class PatternAnalyzer {
  private readonly engine = new PatternEngine();
  private readonly store?: Pick<LearningStore, "read">;
  private readonly flush?: () => Promise<void> | undefined;
  private readonly cursors: Partial<Record<FactKind, string>> = {};
  private cache?: { revision: number; key: string; report: PatternReport };
  private adopted?: PatternReport;
  /** Runs of which facts came before any trace. */
  private readonly traceless = new Set<string>();

  constructor(
    source?: PatternSource,
    private readonly options: PatternAnalyzerOptions = {},
  ) {
    if (!source) return;
    this.store = "read" in source ? source : source.store;
    if ("flush" in source) this.flush = () => source.flush?.();
  }

  /**
   * Takes in what is new in the store: runs, resumed runs, feedback, decisions. Counts are updated run by
   * run; nothing is mined. Returns the number of runs that changed.
   */
  async update(): Promise<number> {
    if (!this.store) return 0;
    await this.flush?.();
    const segments = await this.collect("trace");
    const feedback = await this.collect("feedback");
    const decisions = await this.collect("decision");
    const changed = new Set([...segments.keys(), ...feedback.keys(), ...decisions.keys()]);
    const runs = new Map<string, RunFacts>();
    for (const id of changed) {
      const known = this.engine.runs.has(id) || this.traceless.has(id) || !segments.has(id);
      const fresh = { segments: segments.get(id), feedback: feedback.get(id), decisions: decisions.get(id) };
      runs.set(
        id,
        known
          ? await this.factsOf(id)
          : { segments: fresh.segments ?? [], feedback: fresh.feedback ?? [], decisions: fresh.decisions ?? [] },
      );
      this.traceless.delete(id);
    }
    for (const id of takeIn(this.engine, runs, this.options.reward)) this.traceless.add(id);
    return changed.size;
  }

  /** The full analysis of everything so far; kept until something new comes in or other options are asked for. */
  async analyzePatterns(options: AnalyzeOptions = {}): Promise<PatternReport> {
    await this.update();
    const merged = { ...this.options, ...options };
    const key = JSON.stringify(merged);
    if (this.cache?.revision !== this.engine.revision || this.cache.key !== key)
      this.cache = { revision: this.engine.revision, key, report: analyzeRuns(this.engine, merged) };
    return this.cache.report;
  }

  /** Answers from a report made elsewhere (published by the loop) instead of analysing here. */
  adopt(report: PatternReport): void {
    this.adopted = report;
  }

  /** Advice for a situation, from significant findings only; empty rather than guessed. */
  async getPatternRecommendations(context: RecommendationContext = {}): Promise<PatternRecommendation[]> {
    return recommend(await this.current(), context);
  }

  /** The way through the graph that is surely better than a workflow type's average, or undefined. */
  async getOptimalWorkflowPattern(
    workflowType: string,
    { minRuns = 5, certainty = 0.95 }: { minRuns?: number; certainty?: number } = {},
  ): Promise<VariantStanding | undefined> {
    return (await this.current()).variants
      .filter((v) => v.workflowType === workflowType && v.ratedRuns >= minRuns && v.betterProbability >= certainty)
      .sort((a, b) => b.reward - a.reward)[0];
  }

  /** The agents that are surely better together than a task type's average, or undefined. */
  async getOptimalAgentCombination(
    taskType: string,
    options: BestCombinationOptions = {},
  ): Promise<AgentCombination | undefined> {
    return bestCombination((await this.current()).agentCombinations, taskType, options);
  }

  /**
   * The likely culprits of a failed run, from failures whose culprit a person named (feedback with the
   * tag `responsible:AGENT`); empty while there are too few.
   */
  attributeFailure(run: FailedRun): Blame[] {
    return this.engine.blameModel().attribute(run);
  }

  private async current(): Promise<PatternReport> {
    return this.adopted ?? this.analyzePatterns();
  }

  private async collect<K extends FactKind>(kind: K) {
    const store = this.store as Pick<LearningStore, "read">;
    const byRun = new Map<string, FactTypes[K][]>();
    const after = this.cursors[kind];
    for await (const batch of store.read(kind, after === undefined ? {} : { after })) {
      for (const fact of batch.facts as FactTypes[K][]) {
        const list = byRun.get(fact.workflowId);
        if (list) list.push(fact);
        else byRun.set(fact.workflowId, [fact]);
      }
      this.cursors[kind] = batch.cursor;
    }
    return byRun;
  }

  private async factsOf(workflowId: string): Promise<RunFacts> {
    const store = this.store as Pick<LearningStore, "read">;
    const all = async <K extends FactKind>(kind: K): Promise<FactTypes[K][]> => {
      const found: FactTypes[K][] = [];
      for await (const batch of store.read(kind, { workflowId })) found.push(...(batch.facts as FactTypes[K][]));
      return found;
    };
    return { segments: await all("trace"), feedback: await all("feedback"), decisions: await all("decision") };
  }
}
