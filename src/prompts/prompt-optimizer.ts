import type { ChatPromptTemplate } from "@langchain/core/prompts";
import { checkArgument } from "../core/arguments.js";
import {
  type Clock,
  type DecisionContext,
  defaultLogger,
  harmlessLogger,
  LearningError,
  objectArgument,
  oneAtATime,
  type RunConfigLike,
  show,
  systemClock,
  textArgument,
} from "../core/index.js";
import {
  allocate,
  answerFrom,
  type ContextualResult,
  type ExperimentOptions,
  ExperimentRun,
  PROMPT_POINT,
  parseDefinition,
  type VersionPerformance,
} from "../evaluation/experiment/index.js";
import { createRng } from "../math/rng.js";
import { askForApproval, settleApproval } from "../registry/approvals.js";
import type { ArtifactLineage, RegistryEvent } from "../registry/index.js";
import { Follower } from "../store/follow.js";
import { type PromptContent, promptContentOf } from "./prompt-content.js";
import { type Proposal, type ProposalRequest, proposalSettings } from "./proposals/proposal.js";
import { propose } from "./proposals/propose.js";
import { applyExperiments, overtaken } from "./serving/apply.js";
import { changesElsewhere } from "./serving/changes-elsewhere.js";
import { type ExperimentRecord, ExperimentsBook } from "./serving/experiments-book.js";
import { PromptLibrary, type PromptVersion } from "./serving/library.js";
import { optimizerSettings } from "./serving/options.js";
import { PromptServer, policyName } from "./serving/prompt-server.js";
import { judgedReward, rowsInStore } from "./serving/rows-in-store.js";
import type { AskAboutPrompt, PromptOptimizerOptions, RefreshReport, ServedPrompt } from "./serving/types.js";
import { Watches } from "./serving/watches.js";

/**
 * Prompts that learn: templates with versions and lineage, experiments between versions with verdicts that
 * hold however often one looks, proposals of new versions, and roll-back. What serves is decided by the
 * registry. An experiment is a decision point whose arms are versions: it is judged from the same rows, with the
 * same rewards, as any other, in the loop by its learning thread.
 * @example
 * const version = await loop.prompts.register("support", template);
 * const served = await loop.prompts.get("support", { topic: "refund" }, config);
 */
export class PromptOptimizer {
  private readonly library: PromptLibrary;
  private readonly book: ExperimentsBook;
  private readonly ask: AskAboutPrompt;
  private readonly watches: Watches;
  /** Takes up the assignments of the running experiments, by experiment. */
  private readonly recalled = new Map<string, Follower<"decision">>();
  private readonly server: PromptServer;
  private readonly clock: Clock;
  private readonly inTurn = oneAtATime();

  private constructor(private readonly options: PromptOptimizerOptions) {
    const { watchShare } = optimizerSettings(options);
    const logger = options.logger ? harmlessLogger(options.logger) : defaultLogger();
    this.clock = options.clock ?? systemClock;
    this.library = new PromptLibrary(options.registry, logger);
    this.book = new ExperimentsBook(options.store.documents, this.clock);
    const { store, registry, reward = judgedReward } = options;
    this.ask =
      options.ask ??
      (async (promptId, topic, question, signal) =>
        answerFrom(await rowsInStore(store, promptId, reward, signal), topic, question, () =>
          signal?.throwIfAborted(),
        ));
    this.watches = new Watches(store, registry, this.clock, watchShare);
    this.server = new PromptServer(options, this.library, this.book, this.watches, this.clock, logger);
  }

  /** Opens the prompts that a registry and store hold. */
  static async open(options: PromptOptimizerOptions): Promise<PromptOptimizer> {
    const prompts = new PromptOptimizer(options);
    await prompts.follow();
    await prompts.recall();
    return prompts;
  }

  /**
   * Takes up what other processes did by now, so that it holds here: versions, promotions, policies, and which
   * experiments run. What they gave to whom is taken up by `refresh`.
   */
  async follow(): Promise<void> {
    await this.library.load();
    for (const promptId of this.ids()) await this.server.loadPolicy(promptId);
    const ran = this.book.active();
    await this.book.load();
    await this.watches.load();
    const running = new Set(this.book.active().map((r) => r.key));
    for (const { key } of ran) if (!running.has(key)) this.server.forget(key);
  }

  /** What the running experiments gave to their units so far: nobody's version changes because a process began. */
  private async recall(signal?: AbortSignal): Promise<void> {
    const active = this.book.active();
    for (const { key, definition, startedAt } of active) {
      const where = { decisionPoint: PROMPT_POINT + definition.promptId };
      const follower = this.recalled.get(key) ?? new Follower(this.options.store, { where, from: startedAt });
      this.recalled.set(key, follower);
      for await (const decisions of follower.news("decision")) {
        signal?.throwIfAborted();
        for (const decision of decisions) this.server.remember(decision, active);
      }
    }
  }

  /**
   * Registers a template under an id. The first one becomes the serving version; one that changed becomes a
   * further version, which serves only once it won an experiment or is promoted by hand. Fails with
   * PROMPT_INVALID when its variables are not those of the versions before it.
   */
  async register(
    promptId: string,
    template: ChatPromptTemplate,
    lineage: Partial<ArtifactLineage> = {},
  ): Promise<string> {
    textArgument(promptId, "promptId", "PROMPT_INVALID");
    objectArgument(template, "the template", "PROMPT_INVALID");
    return this.library.add(promptId, promptContentOf(template), { rows: 0, ...lineage });
  }

  /** As `register`, from plain content (a proposal, or a version pulled from elsewhere). */
  addVersion(promptId: string, content: PromptContent, lineage: ArtifactLineage): Promise<string> {
    return this.library.add(promptId, content, lineage);
  }

  /**
   * The prompt for this run, tied to it: drawn in the running experiment (sticky, balanced, with a known
   * probability), else by the contextual policy, else the serving version; a pin holds against both. A run
   * keeps the version it started with until a roll-back or pin (in this process, for the last 10,000 runs).
   * Never fails once the id is registered: on any trouble the serving version is given.
   * @param context what may matter for the choice: strata, fields of the contextual policy, and for stickiness
   * `userId` (a text or a whole number)
   * @param config the run's config; in a LangGraph node the one passed to it
   */
  get(promptId: string, context: DecisionContext = {}, config: RunConfigLike = {}): Promise<ServedPrompt> {
    return Promise.resolve().then(() => this.server.serve(promptId, context, config));
  }

  /**
   * Starts an experiment between versions; fails with EXPERIMENT_INVALID for a bad definition, unknown versions or
   * when one is running.
   */
  async startExperiment(options: ExperimentOptions): Promise<ExperimentRecord> {
    const { promptId, variants } = parseDefinition(options);
    for (const v of variants)
      if (!this.library.get(promptId, v))
        throw new LearningError("EXPERIMENT_INVALID", {
          received: `version ${show(v)} of ${show(promptId)}`,
          expected: "registered versions of the prompt",
          remedy: "List them with prompts.list(id).",
        });
    this.requireSink();
    return this.book.start(options, (d) => allocate(d, new ExperimentRun(d), createRng(this.options.seed ?? 0)));
  }

  /** Ends the running experiment of a prompt, if any; the serving version stays. @throws PROMPT_INVALID, unknown prompt */
  async stopExperiment(promptId: string, why: string): Promise<void> {
    this.library.mustKnow(promptId);
    textArgument(why, "why", "PROMPT_INVALID");
    const record = this.book.running(promptId);
    if (!record) return;
    const { shares, report } = record;
    await this.book.update(record.key, { shares, report, ended: { reason: "stopped", text: why } });
    this.server.forget(record.key);
  }

  /** All experiments of a prompt, oldest first, the running one last. */
  experiments(promptId: string): readonly ExperimentRecord[] {
    return this.book.all(textArgument(promptId, "promptId", "PROMPT_INVALID"));
  }

  /**
   * Takes in what came of experiments, and what other processes did with them, and acts on it: experiments go on or
   * end (a winner is promoted and watched, and a contextual policy where segments differ beyond doubt), a winner
   * that fell behind the version before it is rolled back. Idempotent; called by the loop each cycle; calls
   * wait for each other.
   * @param signal ends it while it reads and judges; the next call begins where nothing was acted on
   */
  async refresh(signal?: AbortSignal): Promise<RefreshReport> {
    if (signal !== undefined) checkArgument(signal, "signal", { throwIfAborted: "function" }, "PROMPT_INVALID");
    return this.inTurn(() => this.act(signal));
  }

  private async act(signal?: AbortSignal): Promise<RefreshReport> {
    await this.follow();
    await this.recall(signal);
    const { registry, store, seed = 0 } = this.options;
    const { documents } = store;
    const { book, watches, ask, clock } = this;
    const { ended, experiments, promoted, waiting, outcomes } = await applyExperiments({
      ...{ registry, documents, book, watches, ask, clock, seed },
      ...(signal && { signal }),
    });
    const policies: RefreshReport["policies"] = [];
    for (const record of ended) {
      const { key, definition } = record;
      this.server.forget(key);
      this.recalled.delete(key);
      if (overtaken(registry, record)) continue;
      const { promptId, approval } = definition;
      const { result, version } = await this.fitPolicy(promptId, approval);
      if (version !== undefined) waiting.push({ name: policyName(promptId), version });
      else if (result?.better) policies.push({ promptId, gain: result.gain, lower: result.lower });
    }
    return { outcomes, experiments, promoted, waiting, rolledBack: await watches.look(ask, signal), policies };
  }

  /** Back to the version that served before, with the reason for the history. */
  async rollback(promptId: string, reason: string): Promise<void> {
    await this.options.registry.rollback(PROMPT_POINT + promptId, reason);
  }

  /**
   * Lets a version serve from now on, by hand; a contextual policy learned before gives way to it. A running
   * experiment goes on (stop it to end it); what it finds replaces only a version that takes part in it.
   */
  async promote(promptId: string, version: string, reason: string): Promise<void> {
    await this.options.registry.promote(PROMPT_POINT + promptId, version, reason);
  }

  /** The versions of a prompt, oldest first. */
  list(promptId: string): PromptVersion[] {
    return this.library.list(textArgument(promptId, "promptId", "PROMPT_INVALID"));
  }

  /** Every registered id, sorted. */
  ids(): string[] {
    return this.library.ids();
  }

  /** What happened to a prompt: versions published, promoted, rolled back, with reasons. */
  history(promptId: string): RegistryEvent[] {
    return this.options.registry.history(PROMPT_POINT + promptId);
  }

  /** How each version has done over time, with its trend. @param stretchMs of its history; default a day */
  async performance(promptId: string, stretchMs?: number): Promise<VersionPerformance[]> {
    textArgument(promptId, "promptId", "PROMPT_INVALID");
    return this.ask(promptId, "performance", stretchMs === undefined ? {} : { stretchMs });
  }

  /**
   * Learns which version suits which context from the outcomes so far, and lets that policy serve when it is
   * better than the best single version beyond doubt (and the prompt is not pinned). `refresh` does so whenever
   * an experiment ends. Undefined with too little to learn from.
   */
  async learnPolicy(promptId: string): Promise<ContextualResult | undefined> {
    this.library.mustKnow(promptId);
    return (await this.fitPolicy(promptId)).result;
  }

  /** @returns with `version` where it is proven and waits for a person's word */
  private async fitPolicy(
    promptId: string,
    approval: ExperimentOptions["approval"] = "none",
  ): Promise<{ result?: ContextualResult | undefined; version?: string }> {
    const { registry, store, seed = 0 } = this.options;
    const result = await this.ask(promptId, "policy", { promptId, seed });
    const name = policyName(promptId);
    const known = registry.names().includes(name);
    if (!result?.better || registry.isPinned(PROMPT_POINT + promptId) || (known && registry.isPinned(name)))
      return { result };
    const { version } = await registry.publish(name, "prompt-policy", result.artifact, {
      rows: result.rows,
      estimates: { gain: result.gain, lower: result.lower, over: result.bestSingle },
    });
    const gain = `gains ${result.gain.toFixed(3)} (at least ${result.lower.toFixed(3)}) over ${result.bestSingle}`;
    if (approval === "required") {
      await askForApproval(store.documents, this.clock, { name, version, reason: gain });
      return { result, version };
    }
    await registry.promote(name, version, gain);
    await this.server.loadPolicy(promptId);
    return { result };
  }

  /**
   * Lets what an experiment has proven serve, once a person agreed (`approval: "required"`): a winner is watched
   * from then on against the version before it, as one that was promoted by itself.
   * @param name the artifact that waits, such as `prompt/greeting`
   * @throws ARTIFACT_UNKNOWN, ARTIFACT_PINNED
   * @example await prompts.approve("prompt/greeting", "v2", "alice: reads well");
   */
  async approve(name: string, version: string, reason: string): Promise<void> {
    const { registry, store } = this.options;
    await this.follow();
    const record = this.ids()
      .filter((id) => PROMPT_POINT + id === name)
      .flatMap((id) => [...this.book.all(id)])
      .findLast((r) => r.report?.winner === version);
    const before = registry.champion(name)?.version;
    await registry.promote(name, version, reason);
    if (record) await this.watches.begin(record, version, before);
    await settleApproval(store.documents, name, version);
    await this.follow();
  }

  /**
   * Makes and vets a new version: see `ProposalRequest`. A proposal that wins on held-out examples is
   * published and, with `experiment`, meets the serving version in an experiment; it serves only if it wins
   * that as well. Fails with PROMPT_INVALID for an unknown prompt and EXPERIMENT_INVALID for an impossible
   * experiment before anything is spent.
   */
  async propose(promptId: string, request: ProposalRequest): Promise<Proposal> {
    const { library, book } = this;
    const { content, version: champion } = library.toImprove(promptId);
    if (request.experiment) {
      this.requireSink();
      parseDefinition({ ...request.experiment, promptId, variants: [champion, "the proposal"] });
    }
    const elsewhere = changesElsewhere({ ...this.options, library, book }, promptId, proposalSettings(request).from);
    const rated = await this.ask(promptId, "rated", {});
    const circumstances = { seed: this.options.seed ?? 0, clock: this.clock, elsewhere };
    const proposal = await propose(content, rated, request, circumstances);
    if (!proposal.content) return proposal;
    const version = await this.addVersion(promptId, proposal.content, {
      parent: champion,
      rows: proposal.heldOut?.examples ?? 0,
      estimates: { method: request.method, heldOut: proposal.heldOut },
    });
    if (!request.experiment || book.running(promptId) || version === champion) return { ...proposal, version };
    const started = await this.startExperiment({ ...request.experiment, promptId, variants: [champion, version] });
    return { ...proposal, version, experiment: started.key };
  }

  private requireSink(): void {
    if (this.options.sink) return;
    throw new LearningError("EXPERIMENT_INVALID", {
      received: "an experiment without a decision sink",
      expected: "a sink that ties runs to variants",
      remedy: "Open the PromptOptimizer with the loop's or tracer's sink.",
    });
  }
}
