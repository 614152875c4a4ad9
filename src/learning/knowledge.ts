import type { Clock, Logger } from "../core/index.js";
import type { PromptQuestions, PromptTopic } from "../evaluation/experiment/index.js";
import { drawnRequests } from "../feedback/index.js";
import type { AnalyzeOptions, PatternReport } from "../patterns/index.js";
import type { Registry } from "../registry/index.js";
import type { LearningStore } from "../store/index.js";
import type { Contribution, FederationPlan } from "../together/index.js";
import type { RowOptions } from "../worker/rows.js";
import { REWARD_MODEL } from "./components/reward-model.js";
import { type ResolvedLoopConfig, rewardSettingsOf } from "./config.js";
import { createFactCollector, type FactCollector } from "./cycle/collector.js";
import { type PointBook, rowOptionsOf } from "./points.js";
import { type RewardPredictions, storePredictedRewards } from "./reward-predictions.js";
import { RunEmbeddings } from "./run-embeddings.js";
import { type LearningWorker, startLearningWorker } from "./thread/host.js";

/** What knowledge is made of. */
export interface KnowledgeDeps {
  config: ResolvedLoopConfig;
  store: LearningStore;
  registry: Registry;
  points: PointBook;
  clock: Clock;
  logger: Logger;
  /** Brings what the tracer still buffers to the store. */
  flush(): Promise<void>;
}

/**
 * The facts in the learning thread, and what they answer. It knows of nobody who asks: prompts and feedback ask it, as
 * does the engine, which learns from the same.
 */
export class Knowledge {
  readonly worker: LearningWorker;
  readonly collector: FactCollector;
  readonly embeddings: RunEmbeddings | undefined;

  constructor(private readonly deps: KnowledgeDeps) {
    const { config, store, clock, logger } = deps;
    this.worker = startLearningWorker({ logger, workerPath: config.workerPath });
    this.collector = createFactCollector(store, this.worker, config.batchSize, () => ({
      rows: this.rowOptions(),
      learn: Object.fromEntries(deps.points.list().map(({ name, learn }) => [name, learn])),
      seed: config.seed,
    }));
    this.embeddings =
      config.embeddings &&
      new RunEmbeddings(config.embeddings, store, rewardSettingsOf(config), logger, clock, this.collector.erasures);
  }

  /** What determines the rows of everything here. */
  rowOptions(): RowOptions {
    return rowOptionsOf(this.deps.config, this.deps.points);
  }

  /** What the reward model that serves says of runs captured up to now. */
  async predictRewards(workflowIds: string[]): Promise<RewardPredictions> {
    const { registry, config } = this.deps;
    if (!registry.champion(REWARD_MODEL)) return {};
    await this.deps.flush();
    const parts = { registry, worker: this.worker, embeddings: this.embeddings, reward: rewardSettingsOf(config) };
    return this.collector.withFacts(() => storePredictedRewards(parts, workflowIds));
  }

  /** Answers a question about a prompt, from the rows that everything here learns by. */
  async askAboutPrompt<T extends PromptTopic>(
    promptId: string,
    topic: T,
    question: PromptQuestions[T]["question"],
    signal?: AbortSignal,
  ): Promise<PromptQuestions[T]["answer"]> {
    const { store, clock } = this.deps;
    const requests = topic === "experiment" ? await drawnRequests(store.documents, clock.now()) : undefined;
    const input = {
      promptId,
      rows: this.rowOptions(),
      topic,
      question: { ...question, ...(requests && { requests }) },
    };
    return this.collector.withFacts(() => this.worker.run("prompts.ask", input, { signal }));
  }

  /** Patterns in everything captured up to now. */
  async analyzePatterns(options: AnalyzeOptions): Promise<PatternReport> {
    await this.deps.flush();
    return this.collector.withFacts(() => this.worker.run("patterns.analyze", { options, rows: this.rowOptions() }));
  }

  /** What this site tells others of a decision point: see `contributionOf`. */
  async contribution(plan: FederationPlan, site: string): Promise<Contribution> {
    await this.deps.flush();
    return this.collector.withFacts(() =>
      this.worker.run("routing.contribute", { plan, site, rows: this.rowOptions() }),
    );
  }

  /** Empties the worker's memory, after an erasure. */
  async forget(): Promise<void> {
    await this.embeddings?.forget();
    await this.worker.restart();
  }

  close(): Promise<void> {
    return this.worker.close();
  }
}
