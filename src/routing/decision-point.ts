import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { within } from "../core/deadline.js";
import type { DecisionContext, DecisionMode, FallbackReason, RunIdentity } from "../core/index.js";
import { messageOf } from "../core/index.js";
import { mostLikely } from "../policies/index.js";
import type { Advice } from "./advice.js";
import { adviseOn, fallbackAdvice } from "./advice.js";
import { AskedFallback } from "./asked-fallback.js";
import type { ChoiceCall, ChoiceMade } from "./decision-record.js";
import type { RoutingDeps } from "./deps.js";
import { identifyChoice, numbersOfChoice } from "./identity.js";
import type { ResolvedOptions } from "./options.js";
import { pathTo, placeOf, type RunPlace } from "./path-so-far.js";
import { PointLog } from "./point-log.js";
import { memoryOf, type PointMemory } from "./point-memory.js";
import { proposalOf } from "./proposal.js";
import { currentForcedRun, type ForcedRun } from "./replay/forced.js";
import type { ChoiceScene, Trouble } from "./scene.js";
import { copyFeatures, isPromise, observeScene, withPath } from "./scene.js";
import { missingPolicy, NO_POLICY, type PolicyFeed, type ServedPolicy } from "./served-policy.js";
import { turnOfTrial } from "./turn.js";
import { act, giveWay, shadowVerdict, type TrialTurn, trialVerdict, type Verdict } from "./verdict.js";

/** What a decision point did so far in this process. */
export interface DecisionPointStatus {
  decisionPoint: string;
  /** The mode in force for a new run. */
  mode: DecisionMode;
  /** The version that serves new runs. */
  policyVersion?: string;
  decisions: number;
  /** Choices drawn at random in shadow. */
  explored: number;
  /** How often the fallback decided, by reason. */
  fallbacks: Partial<Record<FallbackReason, number>>;
  /** Decisions the sink refused. */
  unrecorded: number;
}

/**
 * One place where a choice is made, whatever asks for it (conditional edge, node, middleware): watches
 * or acts by its mode, falls back on any doubt, and leaves one record per choice.
 */
export class DecisionPoint<S, D extends string> {
  readonly name: string;
  readonly destinations: readonly D[];
  readonly feed: PolicyFeed;
  private readonly candidates: string[];
  private readonly fixedFeatures: Record<string, DecisionContext> | undefined;
  private readonly memory: PointMemory;
  private readonly log: PointLog;
  private readonly fallback: AskedFallback<S, D>;

  constructor(
    readonly options: ResolvedOptions<S, D>,
    private readonly deps: RoutingDeps,
  ) {
    this.name = options.decisionPoint;
    this.destinations = Object.freeze([...options.destinations]);
    this.candidates = this.destinations as unknown as string[];
    this.memory = memoryOf(this.name, deps);
    this.feed = this.memory.feed;
    this.log = new PointLog(this.name, this.candidates, this.memory, deps);
    this.fallback = new AskedFallback(options, this.memory, this.log);
    if (typeof options.candidateFeatures === "object")
      this.fixedFeatures = copyFeatures(options.candidateFeatures, this.candidates);
  }

  /** Chooses, records, and never fails but by the user's own fallback. */
  async decide(state: S, config: LangGraphRunnableConfig): Promise<D> {
    const outcome = await this.choose(state, config, false);
    return this.destinations[outcome ? outcome.verdict.index : await this.fallback.ask(state, config)];
  }

  /**
   * Chooses and records like {@link decide}, and says why. In mode advise the destination is the
   * policy's most likely one, and whoever reads the advice decides.
   */
  async consult(state: S, config: LangGraphRunnableConfig): Promise<Advice<D>> {
    const { name, destinations } = this;
    const outcome = await this.choose(state, config, true);
    if (!outcome) {
      const chosen = destinations[await this.fallback.ask(state, config)];
      return fallbackAdvice(name, destinations, chosen, "learning is disabled");
    }
    const { call, scene, verdict } = outcome;
    const destination = destinations[verdict.index];
    if (!call.served || verdict.source !== "policy")
      return fallbackAdvice(name, destinations, destination, verdict.reason ?? verdict.source, verdict.distribution);
    return this.adviceOf(call.served, scene, { destination, distribution: verdict.distribution });
  }

  /** What the policy in force would do, or the fallback where there is none to trust; nothing is recorded. */
  async advise(state: S, config: LangGraphRunnableConfig): Promise<Advice<D>> {
    const { deps, options, name, destinations } = this;
    await this.policyInTime();
    const scene = await observeScene(options, this.fixedFeatures, state, config, deps.clock);
    const served = deps.enabled() ? this.feed.current() : undefined;
    let trouble = scene.trouble ?? missingPolicy(this.feed);
    if (served && !scene.trouble) {
      const deadline = deps.clock.monotonic() + options.timeBudgetMs;
      const rules = { exploration: 0, wantMeans: false, deadline };
      const proposal = proposalOf(served, this.asLearned(scene), this.candidates, deps.clock, rules);
      if (!proposal.trouble) return this.adviceOf(served, scene);
      trouble = proposal.trouble;
    }
    const chosen = destinations[await this.fallback.ask(state, config)];
    return fallbackAdvice(name, destinations, chosen, trouble.detail);
  }

  /** What happened so far, for status displays. */
  status(): DecisionPointStatus {
    const policyVersion = this.feed.current()?.version;
    return {
      decisionPoint: this.name,
      mode: this.modeFor(policyVersion),
      policyVersion,
      decisions: this.memory.decisions,
      explored: this.memory.explored,
      fallbacks: { ...this.memory.fallbacks },
      unrecorded: this.memory.unrecorded,
    };
  }

  /** Makes and records one choice; undefined when learning is off or the run cannot be told. */
  private async choose(state: S, config: LangGraphRunnableConfig, adviser: boolean): Promise<ChoiceMade | undefined> {
    const late = this.policyInTime();
    if (late) await late;
    const forced = currentForcedRun();
    const call = this.open(config, forced);
    if (!call) return undefined;
    const { deps, options } = this;
    const deadline = deps.clock.monotonic() + options.timeBudgetMs;
    const seen = observeScene(options, this.fixedFeatures, state, config, deps.clock);
    const scene = withPath(isPromise(seen) ? await seen : seen, call.path);
    if (scene.stray !== undefined) this.log.strayMask(scene.stray);
    const outcome =
      this.forcedOutcome(call, scene, forced) ??
      (call.mode === "shadow" || call.mode === "trial" || (call.mode === "advise" && !adviser)
        ? await this.leave(state, config, call, scene, deadline)
        : await this.follow(state, config, call, scene, deadline));
    this.log.record(outcome, forced);
    return outcome;
  }

  /** Leaves the choice to the fallback: shadow, or advice that its reader decides on. */
  private async leave(
    state: S,
    config: LangGraphRunnableConfig,
    call: ChoiceCall,
    scene: ChoiceScene,
    deadline: number,
  ): Promise<ChoiceMade> {
    const fallback = await this.fallback.ask(state, config);
    if (call.mode === "advise") return { call, scene, fallback, verdict: { index: fallback, source: "fallback" } };
    if (scene.trouble) return { call, scene, fallback, verdict: this.doubt(scene, fallback, scene.trouble) };
    const turn = call.mode === "trial" ? this.turnOf(call, scene, deadline) : undefined;
    if (turn) return { call, scene, fallback, verdict: trialVerdict(call, scene, fallback, turn) };
    return { call, scene, fallback, verdict: shadowVerdict(call, scene, fallback, this.options.exploration, "shadow") };
  }

  /** What the version on trial would choose, and its share of turns; undefined where nothing is to be tried. */
  private turnOf(call: ChoiceCall, scene: ChoiceScene, deadline: number): TrialTurn | undefined {
    const { deps, memory, candidates, name } = this;
    const { exploration } = this.options;
    if (!call.tried || exploration <= 0) return undefined;
    const rules = { exploration, wantMeans: false, deadline };
    const proposal = proposalOf(call.tried.served, this.asLearned(scene), candidates, deps.clock, rules);
    const { stickyBy } = this.options.trial ?? {};
    return turnOfTrial(call, call.tried.terms, proposal, memory.runShares, name, deps.seed, stickyBy);
  }

  /** Follows the policy, or the fallback where there is any doubt about it. */
  private async follow(
    state: S,
    config: LangGraphRunnableConfig,
    call: ChoiceCall,
    scene: ChoiceScene,
    deadline: number,
  ): Promise<ChoiceMade> {
    const { exploration, rewardFloor, canary, control } = this.options;
    const wantMeans = rewardFloor !== undefined && call.mode === "act";
    const proposal =
      scene.trouble || !call.served
        ? { trouble: scene.trouble ?? missingPolicy(this.feed), explorable: false }
        : proposalOf(call.served, this.asLearned(scene), this.candidates, this.deps.clock, {
            exploration,
            wantMeans,
            deadline,
          });
    if (proposal.trouble) {
      const fallback = await this.fallback.ask(state, config);
      // Until the first promotion there is nothing to advise: that is no trouble.
      const isNew = call.mode === "advise" && proposal.trouble === NO_POLICY;
      const verdict = isNew ? giveWay(scene, fallback, "no-policy") : this.doubt(scene, fallback, proposal.trouble);
      if (call.mode === "advise") delete verdict.distribution;
      if (!proposal.explorable || call.mode === "advise") return { call, scene, fallback, verdict };
      return {
        call,
        scene,
        fallback,
        verdict: shadowVerdict(call, scene, fallback, exploration, proposal.trouble.reason),
      };
    }
    const { probabilities, means } = proposal;
    if (call.mode === "advise") return { call, scene, verdict: { index: mostLikely(probabilities), source: "policy" } };
    const canaryShare = this.isCanary(call.version) ? canary?.share : undefined;
    const needed = wantMeans || canaryShare !== undefined;
    const slow = this.memory.fallbackIsSlow;
    // A slow fallback is asked so rarely that half of its answers, followed, make up the control share.
    const asked = needed || !slow ? 1 : Math.min(1, 2 * control);
    let fallback: number | undefined;
    if (needed) fallback = await this.fallback.ask(state, config);
    else if (call.coin < asked) {
      const answer = this.fallback.compare(state, config);
      if (!isPromise(answer)) fallback = answer;
      else if (slow) fallback = await answer;
    }
    const numbers = { coin: call.coin / asked, draw: call.draw };
    const verdict = act(numbers, scene, probabilities, means, fallback, {
      exploration,
      rewardFloor,
      canaryShare,
      control: asked > 0 ? control / asked : 0,
      turn: call.mode === "act" ? this.turnOf(call, scene, deadline) : undefined,
    });
    if (verdict.reason === "reward-floor")
      this.log.warnOnce(
        "reward-floor",
        "reward-floor",
        "the policy's choice is expected to earn less than the floor allows",
      );
    return { call, scene, fallback, verdict };
  }

  /** The destination that a counterfactual replay wants here; undefined where it leaves the choice free. */
  private forcedOutcome(call: ChoiceCall, scene: ChoiceScene, forced: ForcedRun | undefined): ChoiceMade | undefined {
    if (forced?.decisionId !== call.decisionId) return undefined;
    return { call, scene, verdict: { index: this.candidates.indexOf(forced.destination), source: "exploration" } };
  }

  /** What a policy may know of a scene: what its kind was trained with. */
  private asLearned(scene: ChoiceScene): ChoiceScene {
    const { sink } = this.deps;
    const context = sink.asKept?.(scene.context) ?? scene.context;
    if (context === scene.context) return scene;
    const features =
      scene.features &&
      Object.fromEntries(Object.entries(scene.features).map(([name, own]) => [name, sink.asKept?.(own) ?? own]));
    return { ...scene, context, ...(features && { features }) };
  }

  private adviceOf(
    served: ServedPolicy,
    scene: ChoiceScene,
    drawn?: { destination: D; distribution?: Float64Array },
  ): Advice<D> {
    const { context, legal, features } = this.asLearned(scene);
    const candidates = this.destinations;
    const question = { decisionPoint: this.name, context, candidates, legal, candidateFeatures: features };
    return adviseOn(served, question, drawn);
  }

  /** What was promoted just before the first decision is waited for, within the time budget. */
  private policyInTime(): Promise<unknown> | undefined {
    if (!this.feed.arriving() || !this.deps.enabled()) return undefined;
    return within(this.feed.ready(), this.options.timeBudgetMs, this.deps.clock);
  }

  /** Undefined when learning is off, or the run cannot be identified: the bare fallback then. */
  private open(config: LangGraphRunnableConfig, forced: ForcedRun | undefined): ChoiceCall | undefined {
    const { deps } = this;
    try {
      if (!deps.enabled()) {
        this.log.count("disabled");
        return undefined;
      }
      const run = deps.sink.identify(config);
      const endings = deps.sink.endingsOf?.(run.workflowId) ?? 0;
      const served = this.servedFor(run, endings);
      const version = served?.version;
      const { countCall, countRepeat } = this.memory;
      const id = identifyChoice(config, run, this.name, countCall(config), countRepeat);
      const numbers = numbersOfChoice(id.key, version, deps.seed);
      const place = placeOf(config, forced ? 0 : endings);
      const path = this.options.pathSoFar ? this.pathTo(run, place, forced) : undefined;
      const mode = this.modeFor(version);
      return { ...id, ...numbers, run, served, version, mode, tried: this.feed.trial(), place, path };
    } catch (error) {
      this.log.count("policy-error");
      this.log.warnOnce("open", "the run could not be identified", messageOf(error));
      return undefined;
    }
  }

  /** What other decision points chose earlier in the run, or in the replay. */
  private pathTo(run: RunIdentity, place: RunPlace, forced: ForcedRun | undefined): DecisionContext | undefined {
    return forced ? pathTo(forced.choices, this.name, place) : this.deps.runs.pathTo(run.workflowId, this.name, place);
  }

  /** The version that a run uses, restored; undefined when none serves it. */
  private servedFor(run: RunIdentity, endings: number): ServedPolicy | undefined {
    const { feed } = this;
    const { runs } = this.deps;
    const current = feed.current();
    // Both only grow: their sum tells of either.
    const epoch = feed.epoch() + endings;
    const version = runs.versionOf(run.workflowId, this.name, current?.version, epoch);
    if (version === undefined) return undefined;
    return version === current?.version ? current : (feed.loaded(version) ?? current);
  }

  private modeFor(version: string | undefined): DecisionMode {
    const mode = this.deps.modes.get(this.name) ?? this.options.mode;
    if (mode !== "auto" && mode !== "trial") return mode;
    if (version !== undefined || this.feed.arriving()) return "act";
    return this.feed.trial() && this.options.exploration > 0 ? "trial" : "shadow";
  }

  private isCanary(version: string | undefined): boolean {
    const { canary } = this.options;
    if (!canary || version === undefined) return false;
    const count = this.memory.canaryCounts.get(version) ?? 0;
    if (count >= canary.decisions) return false;
    this.memory.canaryCounts.set(version, count + 1);
    return true;
  }

  private doubt(scene: ChoiceScene, fallback: number, trouble: Trouble): Verdict {
    this.log.warnOnce(trouble.reason, `the fallback decides (${trouble.reason})`, trouble.detail);
    return giveWay(scene, fallback, trouble.reason);
  }
}
