import { checkArgument, textArgument } from "../core/arguments.js";
import {
  type Clock,
  type Decision,
  type FeedbackRecord,
  isoTime,
  type Logger,
  type Trace,
  type TraceSegment,
} from "../core/index.js";
import { joinSegments, judgedWithin, runReward } from "../dataset/index.js";
import { type FeedbackRequest, krippendorffAlpha } from "../feedback/index.js";
import type { ResolvedLoopConfig } from "../learning/config.js";
import type { KnownPoint } from "../learning/points.js";
import type { LastReport } from "../learning/report/described.js";
import { type TrialEvidence, trialsOf } from "../learning/trial-evidence.js";
import { type Approval, settleApproval, waitingApprovals } from "../registry/approvals.js";
import type { DeclaredShape } from "../routing/mermaid.js";
import type { LearningStore } from "../store/index.js";
import type { LoopParts } from "./parts.js";

/**
 * What a screen over the loop needs beside its public calls. Reads only; nothing here changes what serves.
 * @example for (const { name, destinations } of loop.inspect.points()) console.log(name, destinations);
 */
export class LoopInspector {
  constructor(private readonly parts: LoopParts) {}

  /** Where the facts are. */
  get store(): LearningStore {
    return this.parts.store;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get logger(): Logger {
    return this.parts.logger;
  }

  /** Folders that this loop writes to; none where its store is elsewhere. */
  get folders(): string[] {
    const { folders, config } = this.parts;
    return config.store ? [] : Object.values(folders);
  }

  /** Where exports go. */
  get exportFolder(): string {
    return this.parts.folders.exports;
  }

  /** The configuration with its defaults filled in. */
  get config(): ResolvedLoopConfig {
    return this.parts.config;
  }

  /** Every decision point that was declared over this store, with its destinations and exploration. */
  points(): KnownPoint[] {
    return this.parts.points.list();
  }

  /** The graph that was wrapped for a kind of runs, as its code declares it. */
  async declaredGraph(workflowType: string): Promise<DeclaredShape | undefined> {
    textArgument(workflowType, "workflowType");
    return this.parts.graphs.of(workflowType);
  }

  /** The segments of one run as its trace. */
  join(segments: readonly TraceSegment[]): Trace | undefined {
    checkArgument(segments, "segments", "objects", "CONFIG_INVALID");
    return joinSegments(segments);
  }

  /**
   * A run's reward by the loop's own weights, in [0,1], without the corrections that need all runs (raters'
   * leniency, comparisons); undefined while nobody judged it.
   */
  reward(workflowId: string, feedback: readonly FeedbackRecord[], trace: Trace | undefined): number | undefined {
    textArgument(workflowId, "workflowId");
    checkArgument(feedback, "feedback", "objects", "CONFIG_INVALID");
    return runReward(workflowId, feedback, trace, { weights: this.parts.config.rewardWeights });
  }

  /** What some judgement of a run must hold for {@link reward} to lie in a range; see `judgedWithin`. */
  judgedWithin(range: { min?: number; max?: number }): { from?: number; to?: number } {
    checkArgument(range, "range", { min: "number?", max: "number?" }, "CONFIG_INVALID");
    return judgedWithin(range, this.parts.config.rewardWeights);
  }

  /** The report as the last learning cycle left it, at once; undefined before the first. */
  lastReport(): Promise<LastReport | undefined> {
    return this.parts.engine.lastReport(isoTime(this.parts.clock.now()));
  }

  /** Requests for feedback that wait for an answer, oldest first. */
  pendingRequests(): Promise<FeedbackRequest[]> {
    return this.parts.feedback.pendingRequests();
  }

  /** What the gate has proven and a person must agree to, the oldest first. */
  approvals(): Promise<Approval[]> {
    return waitingApprovals(this.parts.store.documents);
  }

  /** The evidence of a decision point's trials over time, the newest trial first. */
  trials(decisionPoint: string): Promise<TrialEvidence[]> {
    return trialsOf(this.parts.store.documents, decisionPoint);
  }

  /** Takes a version off that list, agreed to or turned down. It changes nothing that serves. */
  async settleApproval(name: string, version: string): Promise<void> {
    textArgument(name, "name");
    textArgument(version, "version");
    return settleApproval(this.parts.store.documents, name, version);
  }

  /** Krippendorff's alpha of several raters' scores of the same runs; undefined without a run with two. */
  agreement(units: readonly (readonly number[])[]): number | undefined {
    return krippendorffAlpha(units);
  }

  /** A policy's explanation of a context that nobody decided on, as a decision that can be explained. */
  imagined(decisionPoint: string, context: Decision["context"], version: string): Decision {
    const { destinations = [] } = this.parts.points.get(decisionPoint) ?? {};
    return {
      schemaVersion: 1,
      decisionId: "imagined",
      workflowId: "imagined",
      decisionPoint,
      at: new Date(this.parts.clock.now()).toISOString(),
      index: 0,
      context,
      candidates: destinations,
      chosen: destinations[0] ?? "",
      source: "policy",
      mode: "shadow",
      policyVersion: version,
    };
  }
}
