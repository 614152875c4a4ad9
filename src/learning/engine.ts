import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { type Clock, isLearningError, isoTime, type Logger, messageOf } from "../core/index.js";
import type { FeedbackInput } from "../feedback/index.js";
import { createRng } from "../math/rng.js";
import type { PromptOptimizer } from "../prompts/index.js";
import type { Registry } from "../registry/index.js";
import type { LearningStore } from "../store/index.js";
import { shapedDocuments } from "../store/shaped-documents.js";
import type { PointRows } from "../worker/jobs/survey.js";
import type { TrainRlInput, TrainRlOutput } from "../worker/jobs/train-rl.js";
import { cleanUp } from "./clean-up.js";
import type { ComponentContext, LearningComponent } from "./component.js";
import { componentsFor } from "./components/index.js";
import type { ResolvedLoopConfig } from "./config.js";
import { createLearningGraph } from "./cycle/graph.js";
import type { CycleReport } from "./cycle/types.js";
import { engineStatus } from "./engine-status.js";
import type { Knowledge } from "./knowledge.js";
import { nothingLeft } from "./nothing-left.js";
import type { PointBook } from "./points.js";
import { forgetDescribed, framed, keepDescribed, type LastReport, lastDescribed } from "./report/described.js";
import type { LearningReport, PointReport } from "./report/types.js";
import { createRoutingLearner, type JudgedPoint, type RoutingLearner } from "./routing-learner.js";
import { LearningScheduler } from "./scheduler.js";
import {
  type EngineStatus,
  emptyHistory,
  isHistory,
  type LearningHistory,
  type PointStatus,
  withCycle,
} from "./status.js";
import type { RunJobOptions } from "./thread/host.js";
import { createTimerBook, type TimerBook } from "./timers.js";
import { createWorkShare, type WorkShare } from "./work.js";

/** What the engine works with. */
export interface EngineDeps {
  config: ResolvedLoopConfig;
  store: LearningStore;
  registry: Registry;
  points: PointBook;
  /** The facts in the learning thread; closed with the engine. */
  knowledge: Knowledge;
  prompts: PromptOptimizer;
  clock: Clock;
  logger: Logger;
  /** Brings what the tracer still buffers to the store. */
  flush(): Promise<void>;
  /** Stores what an evaluator says of a run. */
  submit(feedback: FeedbackInput): Promise<unknown>;
  /** The kill switch: while false, the timer starts no cycle. */
  enabled(): boolean;
}

const HISTORY_KEY = "loop/history";
const histories = ({ documents }: LearningStore) => shapedDocuments<LearningHistory>(documents, isHistory);
/** With the time after which a silent learner loses its work, a dead one is replaced well within a minute. */
const LOOK_MS = 15_000;
/** Each decision point takes four steps of the learning graph. */
const MOST_STEPS = 100_000;

/** Runs learning cycles, and keeps their history. */
export class LearningEngine {
  private readonly scheduler: LearningScheduler;
  private readonly routing: RoutingLearner;
  private readonly work: WorkShare;
  private readonly timers: TimerBook;
  private cancelLook?: () => void;
  /** Failed cycles that the store did not take: known to this process alone. */
  private unwritten: CycleReport[] = [];

  private constructor(
    private readonly deps: EngineDeps,
    private readonly components: { component: LearningComponent; enabled: boolean }[],
    private history: LearningHistory,
  ) {
    const { config, store, clock, logger } = deps;
    this.routing = createRoutingLearner({ config, store, points: deps.points });
    const intervalMs = config.learningIntervalMinutes * 60_000;
    const { erasures } = deps.knowledge.collector;
    this.work = createWorkShare({ store, clock, logger, erasures, intervalMs });
    this.timers = createTimerBook(store.documents, clock, logger);
    this.scheduler = new LearningScheduler({
      intervalMs,
      jitter: config.learningJitter,
      maxPerDay: config.maxLearningCyclesPerDay,
      clock,
      rng: createRng(`${config.seed}/scheduler`),
      logger,
      earlier: history.recentStarts,
      enabled: deps.enabled,
      cycle: (signal, byHand) => this.cycle(signal, byHand),
    });
  }

  static async open(deps: EngineDeps): Promise<LearningEngine> {
    const history = (await histories(deps.store).get(HISTORY_KEY)) ?? emptyHistory();
    const { config, knowledge, prompts, submit } = deps;
    const rowOptions = () => knowledge.rowOptions();
    const components = componentsFor(config, { prompts, rowOptions, submit, embeddings: knowledge.embeddings });
    return new LearningEngine(deps, components, history);
  }

  start(): void {
    if (this.scheduler.started) return;
    // A learner by itself is there for nothing else, and what was done lately is not done again.
    this.scheduler.start(this.deps.config.role === "learn");
    this.planLook();
    void this.timers.tell(this.scheduler.nextAt);
  }

  async stop(): Promise<void> {
    this.cancelLook?.();
    await this.scheduler.stop();
    await this.timers.end();
  }

  /** Looks now and then for work that a learner died over: it is not to wait for the next cycle. */
  private planLook(): void {
    const { clock, logger, enabled } = this.deps;
    this.cancelLook = clock.schedule(async () => {
      await this.timers.tell(this.scheduler.nextAt);
      try {
        if (!this.scheduler.busy && enabled() && (await this.work.hasAbandoned())) await this.scheduler.trigger(false);
      } catch (error) {
        logger.warn("abandoned work could not be taken over", { error: messageOf(error) });
      }
      if (this.scheduler.started) this.planLook();
    }, LOOK_MS);
  }

  /** One cycle now; its report. */
  async trigger(): Promise<CycleReport> {
    await this.scheduler.trigger();
    return this.history.lastCycle as CycleReport;
  }

  /** Deep reinforcement learning in the worker, on everything captured so far. */
  async trainRl(input: TrainRlInput, options: RunJobOptions): Promise<TrainRlOutput> {
    await this.deps.flush();
    const { collector, worker } = this.deps.knowledge;
    await collector.collect(options.signal);
    return worker.run("orchestrator.train", input, options);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.deps.knowledge.close();
  }

  /** Takes over what other processes learned over the same store; while a cycle runs here, what serves. */
  async catchUp(): Promise<void> {
    await this.timers.look();
    if (!this.scheduler.busy) await this.reload();
    // What others promoted serves here too while this loop learns.
    else await this.deps.registry.refresh();
  }

  private async reload(): Promise<void> {
    const { store, registry, points, prompts } = this.deps;
    await registry.refresh();
    await points.refresh();
    await prompts.follow();
    this.history = (await histories(store).get(HISTORY_KEY)) ?? this.history;
    this.scheduler.adopt(this.history.recentStarts);
  }

  /** Everything of the status that learning knows. */
  status(modeOf: (decisionPoint: string) => PointStatus["mode"]): EngineStatus {
    const { history, unwritten, components, scheduler } = this;
    const { points, registry } = this.deps;
    const timers = this.timers.known;
    return engineStatus({ history, unwritten, components, scheduler, timers, points, registry, modeOf });
  }

  /** The report page's data, from facts collected up to now. */
  async report(createdAt: string): Promise<LearningReport> {
    await this.deps.flush();
    return framed(createdAt, this.history.points, await this.described());
  }

  /** The same as the last cycle left it; undefined before the first. */
  async lastReport(createdAt: string): Promise<LastReport | undefined> {
    const { store, registry } = this.deps;
    const last = await lastDescribed(store.documents, registry);
    return last && { report: framed(createdAt, this.history.points, last.points), isCurrent: last.isCurrent };
  }

  private described(): Promise<PointReport[]> {
    const { registry, knowledge } = this.deps;
    return knowledge.collector.withFacts(() => this.routing.describe({ registry, worker: knowledge.worker }));
  }

  /** A cycle, or its failure: both are kept in the history, and a failure is told. */
  private async cycle(signal: AbortSignal, byHand: boolean): Promise<void> {
    const { clock, logger } = this.deps;
    const started = clock.monotonic();
    const report: CycleReport = {
      cycle: this.history.cyclesCompleted + 1,
      startedAt: isoTime(clock.now()),
      durationMs: 0,
      steps: [],
    };
    let learned: Learned = { points: [], judged: [] };
    try {
      await this.work.begin();
      await this.reload();
      report.cycle = this.history.cyclesCompleted + 1;
      learned = await this.learn(report, signal, byHand);
      if (report.steps.length === 0 && report.elsewhere && !report.stopped) throw nothingLeft(report.elsewhere);
      report.durationMs = Math.round(clock.monotonic() - started);
      await this.keep(report, learned);
      this.unwritten = [];
    } catch (error) {
      // What other learners do is no failure, and is not this loop's to write down.
      if (isLearningError(error, "LEARNING_STATE")) throw error;
      report.durationMs = Math.round(clock.monotonic() - started);
      report.failed = { ...(isLearningError(error) && { code: error.code }), message: messageOf(error) };
      logger.error("a learning cycle failed", { error: messageOf(error) });
      await this.keep(report, learned).catch(() => this.unwritten.push(report));
      throw error;
    } finally {
      await this.work.leaveAll();
    }
  }

  /** Keeps what screens say of decision points: to find it out takes all facts, which a screen is not to wait for. */
  private async describe(): Promise<void> {
    const { store, logger, clock } = this.deps;
    try {
      const { erasures } = this.deps.knowledge.collector;
      const points = await this.described();
      await erasures.stored(
        () => keepDescribed(store.documents, points, isoTime(clock.now())),
        () => forgetDescribed(store.documents),
      );
    } catch (error) {
      logger.warn("what screens show of decision points is as it was before", { error: messageOf(error) });
    }
  }

  /** Adds a cycle to the history as it is now: other learners write theirs as well. */
  private async keep(report: CycleReport, { points, judged }: Learned): Promise<void> {
    this.history = await histories(this.deps.store).update(HISTORY_KEY, (stored) => {
      const before = stored ?? this.history;
      const known = { ...before.points };
      for (const p of points)
        known[p.decisionPoint] = { ...known[p.decisionPoint], decisions: p.decisions, rated: p.rated };
      for (const j of judged) known[j.decisionPoint] = { ...known[j.decisionPoint], ...j.status };
      const starts = new Set([...before.recentStarts, ...this.scheduler.recentStarts]);
      return withCycle({ ...before, points: known }, report, [...starts].sort());
    });
  }

  private async learn(report: CycleReport, signal: AbortSignal, byHand: boolean): Promise<Learned> {
    const { deps } = this;
    const { clock, logger, registry, store, config, knowledge } = deps;
    const context: ComponentContext = {
      documents: store.documents,
      registry,
      worker: knowledge.worker,
      clock,
      logger,
      seed: config.seed + report.cycle,
      signal,
      keepVersions: config.keepVersions,
    };
    const graph = createLearningGraph({
      flush: deps.flush,
      collector: knowledge.collector,
      components: this.components.filter((c) => c.enabled).map((c) => c.component),
      context,
      routing: this.routing,
      work: this.work,
      force: byHand,
    }).compile({ name: "collective-learning" });
    try {
      // Learning must not appear inside the trace or the checkpoints of the run that happened to start it.
      const { collected, steps, elsewhere, points, judged } =
        await AsyncLocalStorageProviderSingleton.getInstance().run(undefined, () =>
          graph.invoke({}, { recursionLimit: MOST_STEPS }),
        );
      Object.assign(report, { collected, steps, ...(elsewhere.length > 0 && { elsewhere }) });
      await cleanUp(deps, this.work, report, { context, byHand });
      await this.describe();
      return { points, judged };
    } catch (error) {
      if (!signal.aborted) throw error;
      report.stopped = true;
      logger.info("learning cycle stopped", { reason: messageOf(error) });
      return { points: [], judged: [] };
    }
  }
}

/** What a cycle found out about decision points. */
interface Learned {
  points: PointRows[];
  judged: JudgedPoint[];
}
