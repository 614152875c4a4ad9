import type { ChatPromptTemplate } from "@langchain/core/prompts";
import {
  type Clock,
  createRng,
  type DecisionContext,
  defaultLogger,
  LearningError,
  type Logger,
  messageOf,
  type RunConfigLike,
  show,
  systemClock,
} from "../core/index.js";
import type { RoutingArtifact } from "../policies/index.js";
import type { ArtifactLineage, RegistryEvent } from "../registry/index.js";
import { allocate, type ExperimentOptions, ExperimentRun } from "./experiments/index.js";
import { type Judgement, judgeExperiment } from "./experiments/judge.js";
import { contentOf, type PromptContent } from "./prompt-content.js";
import { type Proposal, type ProposalRequest, propose } from "./proposals/propose.js";
import { assign, type Drawn, decisionOf } from "./serving/assign.js";
import { Assignments } from "./serving/assignments.js";
import { type ContextualResult, ContextualServing, learnContextualPolicy, variantRows } from "./serving/contextual.js";
import { type ExperimentRecord, ExperimentsBook } from "./serving/experiments-book.js";
import { type LoadedPrompt, PromptLibrary, type PromptVersion } from "./serving/library.js";
import {
  EXPERIMENT_FIELD,
  judgedReward,
  OutcomeReader,
  outcomesOf,
  PROMPT_POINT,
  type ServedRun,
  STRATUM_FIELD,
  UNIT_FIELD,
} from "./serving/outcome-reader.js";
import { performanceOf, type VersionPerformance } from "./serving/performance.js";
import { regressionReason } from "./serving/regression.js";
import type { PromptOptimizerOptions, RefreshReport, ServedPrompt } from "./serving/types.js";

/**
 * Prompts that learn: templates with versions and lineage, experiments between versions with verdicts that
 * hold however often one looks, proposals of new versions, and roll-back. What serves is decided by the
 * registry; the outcomes come from the store's feedback and traces.
 */
export class PromptOptimizer {
  private readonly library: PromptLibrary;
  private readonly policies = new Map<string, { version: string; serving: ContextualServing }>();
  private readonly assignments = new Assignments();
  private readonly book: ExperimentsBook;
  private readonly reader: OutcomeReader;
  private readonly logger: Logger;
  private readonly clock: Clock;

  private constructor(private readonly options: PromptOptimizerOptions) {
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? defaultLogger();
    this.library = new PromptLibrary(options.registry, this.logger);
    this.book = new ExperimentsBook(options.store.documents, this.clock);
    this.reader = new OutcomeReader(options.store, options.reward ?? judgedReward);
  }

  /** Opens the prompts that a registry and store hold. */
  static async open(options: PromptOptimizerOptions): Promise<PromptOptimizer> {
    const prompts = new PromptOptimizer(options);
    await prompts.library.load();
    await prompts.book.load();
    for (const promptId of prompts.ids()) await prompts.loadPolicy(promptId);
    return prompts;
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
    return this.library.add(promptId, contentOf(template), { rows: 0, ...lineage });
  }

  /** As `register`, from plain content (a proposal, or a version pulled from elsewhere). */
  addVersion(promptId: string, content: PromptContent, lineage: ArtifactLineage): Promise<string> {
    return this.library.add(promptId, content, lineage);
  }

  /**
   * The prompt for this run, tied to it: drawn in the running experiment (sticky, balanced, with a known
   * probability), else by the contextual policy, else the serving version. Never fails once the id is
   * registered: on any trouble the serving version is given.
   * @param context what may matter for the choice: strata, fields of the contextual policy, `userId` for stickiness
   * @param config the run's config; in a LangGraph node the one passed to it
   */
  get(promptId: string, context: DecisionContext = {}, config: RunConfigLike = {}): Promise<ServedPrompt> {
    return Promise.resolve().then(() => this.serve(promptId, context, config));
  }

  private serve(promptId: string, context: DecisionContext, config: RunConfigLike): ServedPrompt {
    const champion = this.library.champion(promptId);
    const fallback = this.library.get(promptId, champion) ?? this.library.get(promptId);
    if (!fallback)
      throw new LearningError("PROMPT_INVALID", {
        received: `the prompt id ${show(promptId)}`,
        expected: `one of ${this.ids().join(", ") || "the registered ids, but there are none"}`,
        remedy: "Register a template under this id first.",
      });
    const steady: Drawn = { version: champion ?? "registered", probabilities: { [champion ?? "registered"]: 1 } };
    try {
      const identity = this.options.sink?.identify(config);
      const on = this.options.enabled?.() ?? true;
      const drawn = on
        ? assign({
            promptId,
            context,
            identity,
            experiment: this.book.running(promptId),
            policy: this.policies.get(promptId)?.serving,
            champion,
            serving: this.servingPolicies(),
            assignments: this.assignments,
            has: (version) => this.library.get(promptId, version) !== undefined,
          })
        : steady;
      const served: LoadedPrompt = this.library.get(promptId, drawn.version) ?? fallback;
      if (identity) this.options.sink?.record(decisionOf(promptId, context, identity, drawn, this.clock));
      return {
        template: served.template,
        version: drawn.version,
        ...(drawn.experiment && { experiment: drawn.experiment }),
        probability: drawn.probabilities[drawn.version] as number,
      };
    } catch (error) {
      this.logger.warn("a prompt could not be drawn; the serving version is given", {
        promptId,
        error: messageOf(error),
      });
      return { template: fallback.template, version: steady.version, probability: 1 };
    }
  }

  /** Starts an experiment between versions; fails with EXPERIMENT_INVALID for unknown versions or when one is running. */
  async startExperiment(options: ExperimentOptions): Promise<ExperimentRecord> {
    for (const v of options.variants)
      if (!this.library.get(options.promptId, v))
        throw new LearningError("EXPERIMENT_INVALID", {
          received: `version ${show(v)} of ${show(options.promptId)}`,
          expected: "registered versions of the prompt",
          remedy: "List them with prompts.list(id).",
        });
    if (!this.options.sink)
      throw new LearningError("EXPERIMENT_INVALID", {
        received: "an experiment without a decision sink",
        expected: "a sink that ties runs to variants",
        remedy: "Open the PromptOptimizer with the loop's or tracer's sink.",
      });
    return this.book.start(options, (d) => allocate(d, new ExperimentRun(d), createRng(this.options.seed ?? 0)));
  }

  /** Ends the running experiment of a prompt; the serving version stays. */
  async stopExperiment(promptId: string, why: string): Promise<void> {
    const record = this.book.running(promptId);
    if (record)
      await this.book.update(record.key, {
        shares: record.shares,
        report: record.report,
        ended: { reason: "stopped", text: why },
      });
  }

  /** All experiments of a prompt, oldest first, the running one last. */
  experiments(promptId: string): readonly ExperimentRecord[] {
    return this.book.all(promptId);
  }

  /**
   * Takes in new outcomes and acts on them: experiments go on or end (a winner is promoted), a promoted
   * version that has fallen behind its predecessor is rolled back. Idempotent; called by the loop each cycle.
   */
  async refresh(): Promise<RefreshReport> {
    await this.reader.read();
    const runs = [...this.reader.runs()];
    const active = new Set(this.book.active().map((r) => r.key));
    for (const { decision } of runs) this.remember(decision, active);
    const judged = this.book.active().map((record) => ({
      record,
      judgement: judgeExperiment(
        record.definition,
        outcomesOf(runs, record.key),
        `${this.options.seed ?? 0}/${record.key}`,
      ),
    }));
    return this.apply(judged, runs);
  }

  private async apply(
    judged: { record: ExperimentRecord; judgement: Judgement }[],
    runs: ServedRun[],
  ): Promise<RefreshReport> {
    const done: RefreshReport = {
      outcomes: runs.filter((r) => r.reward !== undefined).length,
      experiments: [],
      promoted: [],
      rolledBack: [],
    };
    for (const { record, judgement } of judged) {
      const { report, shares } = judgement;
      const ended = report.verdict !== "running";
      await this.book.update(record.key, {
        report,
        shares,
        ...(ended && { ended: { reason: "decided" as const, text: report.text } }),
      });
      if (ended) this.assignments.forget(record.key);
      done.experiments.push({ key: record.key, text: report.text, ended });
      const { promptId } = record.definition;
      if (report.verdict !== "winner" || report.winner === this.library.champion(promptId)) continue;
      if (this.options.registry.isPinned(PROMPT_POINT + promptId)) continue;
      await this.options.registry.promote(PROMPT_POINT + promptId, report.winner as string, report.text);
      done.promoted.push({ promptId, version: report.winner as string });
    }
    for (const promptId of this.ids()) {
      const name = PROMPT_POINT + promptId;
      if (this.options.registry.isPinned(name)) continue;
      const own = runs.filter((r) => r.promptId === promptId);
      const reason = regressionReason(this.history(promptId), own, this.options.regressionMargin ?? 0.05);
      if (!reason) continue;
      await this.rollback(promptId, reason);
      done.rolledBack.push({ promptId, reason });
    }
    return done;
  }

  /** Back to the version that served before, with the reason for the history. */
  async rollback(promptId: string, reason: string): Promise<void> {
    await this.options.registry.rollback(PROMPT_POINT + promptId, reason);
  }

  /** Lets a version serve from now on, by hand. */
  async promote(promptId: string, version: string, reason: string): Promise<void> {
    await this.options.registry.promote(PROMPT_POINT + promptId, version, reason);
  }

  /** The versions of a prompt, oldest first. */
  list(promptId: string): PromptVersion[] {
    return this.library.list(promptId);
  }

  /** Every registered id, sorted. */
  ids(): string[] {
    return this.library.ids();
  }

  /** What happened to a prompt: versions published, promoted, rolled back, with reasons. */
  history(promptId: string): RegistryEvent[] {
    return this.options.registry.history(PROMPT_POINT + promptId);
  }

  /** How each version has done over time, with its trend; as of the last `refresh`. */
  performance(promptId: string, stretchMs?: number): VersionPerformance[] {
    return performanceOf(
      [...this.reader.runs()].filter((r) => r.promptId === promptId),
      stretchMs,
    );
  }

  /**
   * Learns which version suits which context from the outcomes so far, and lets that policy serve when it is
   * better than the best single version beyond doubt. Undefined with too little to learn from.
   */
  async learnPolicy(promptId: string): Promise<ContextualResult | undefined> {
    await this.reader.read();
    const rows = variantRows([...this.reader.runs()].filter((r) => r.promptId === promptId));
    const variants = [
      ...new Set(
        rows.filter((r) => Object.keys(r.probabilities).length > 1).flatMap((r) => Object.keys(r.probabilities)),
      ),
    ].sort();
    if (variants.length < 2) return undefined;
    const result = learnContextualPolicy(promptId, rows, variants, this.options.seed ?? 0);
    if (!result?.better) return result;
    const name = policyName(promptId);
    const published = await this.options.registry.publish(name, "prompt-policy", result.artifact, {
      rows: result.rows,
      estimates: { gain: result.gain, lower: result.lower, over: result.bestSingle },
    });
    await this.options.registry.promote(
      name,
      published.version,
      `gains ${result.gain.toFixed(3)} (at least ${result.lower.toFixed(3)}) over ${result.bestSingle}`,
    );
    await this.loadPolicy(promptId);
    return result;
  }

  /**
   * Makes and vets a new version: see `ProposalRequest`. A proposal that wins on held-out examples is
   * published and, with `experiment`, meets the serving version in an experiment; it serves only if it wins
   * that as well.
   */
  async propose(promptId: string, request: ProposalRequest): Promise<Proposal> {
    const champion = this.library.champion(promptId);
    const served = champion === undefined ? undefined : this.library.get(promptId, champion);
    if (champion === undefined || !served)
      throw new LearningError("PROMPT_INVALID", {
        received: `a proposal for ${show(promptId)}`,
        expected: "a prompt with a serving version",
        remedy: "Register a template under this id first.",
      });
    await this.reader.read();
    const rated = [...this.reader.runs()].filter((r) => r.promptId === promptId && r.reward !== undefined);
    const proposal = await propose(served.content, rated, request, { seed: this.options.seed ?? 0, clock: this.clock });
    if (!proposal.content) return proposal;
    const version = await this.addVersion(promptId, proposal.content, {
      parent: champion,
      rows: proposal.heldOut?.examples ?? 0,
      estimates: { method: request.method, heldOut: proposal.heldOut },
    });
    if (!request.experiment || this.book.running(promptId) || version === champion) return { ...proposal, version };
    const started = await this.startExperiment({ ...request.experiment, promptId, variants: [champion, version] });
    return { ...proposal, version, experiment: started.key };
  }

  private remember({ context, chosen, candidates, probabilities }: ServedRun["decision"], active: ReadonlySet<string>) {
    const [unit, experiment, stratum] = [context[UNIT_FIELD], context[EXPERIMENT_FIELD], context[STRATUM_FIELD]];
    if (typeof unit !== "string" || typeof experiment !== "string" || !active.has(experiment)) return;
    this.assignments.keep(experiment, unit, {
      version: chosen,
      probabilities: Object.fromEntries(candidates.map((c, i) => [c, probabilities?.[i] ?? 0])),
      stratum: String(stratum ?? ""),
    });
  }

  /** Versions of the routing policies that serve now: an experiment's arms are balanced within them. */
  private servingPolicies(): string {
    return this.options.registry
      .names()
      .filter((n) => n.startsWith("policy/"))
      .map((n) => `${n}@${this.options.registry.champion(n)?.version ?? "-"}`)
      .join(" ");
  }

  private async loadPolicy(promptId: string): Promise<void> {
    const { registry } = this.options;
    const champion = registry.names().includes(policyName(promptId))
      ? registry.champion(policyName(promptId))
      : undefined;
    if (!champion) this.policies.delete(promptId);
    else
      this.policies.set(promptId, {
        version: champion.version,
        serving: new ContextualServing((await registry.load(champion.name, champion.version)) as RoutingArtifact),
      });
  }
}

function policyName(promptId: string): string {
  return `prompt-policy/${promptId}`;
}
