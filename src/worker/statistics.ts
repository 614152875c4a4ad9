// Runs in the learning thread.
import { defaultLogger, messageOf } from "../core/index.js";
import type { DecisionRow } from "../dataset/index.js";
import { servable } from "../evaluation/point/judged-rows.js";
import { type RoutingArtifact, restorePolicy } from "../policies/index.js";
import { type PolicySettings, type StartedPolicy, startPolicy, taughtArtifact } from "./start-policy.js";
import { teach } from "./teach.js";

/** What the decisions of a point taught that are no longer held, however many they were. Plain JSON. */
export interface PointStatistics {
  /** What determines them beside the decisions: policy, encoder, rewards. */
  settings: string;
  /** Time of the oldest decision that they hold, and how many rated ones. */
  from: string;
  rows: number;
  /** Time of the newest decision that they hold: none up to it is taken again. */
  until: string;
  artifact: RoutingArtifact;
}

interface Held extends Omit<PointStatistics, "artifact"> {
  started: StartedPolicy;
}

/**
 * Policies are learned row by row, so a policy is all that is kept of the decisions it has learned: one for each
 * decision point, whose size does not grow with their number.
 */
export class StatisticsBook {
  private readonly points = new Map<string, Held>();

  /** Whether a decision is part of what is held. */
  holds({ decisionPoint, at }: { decisionPoint: string; at: string }): boolean {
    const held = this.points.get(decisionPoint);
    return held !== undefined && at <= held.until;
  }

  /** Takes over what was kept; what cannot be read is left out. */
  load(kept: readonly PointStatistics[]): void {
    for (const { artifact, ...rest } of kept)
      try {
        const { policy, encoders } = servable(artifact);
        this.points.set(artifact.decisionPoint, { ...rest, started: { artifact, policy, encoders } });
      } catch (error) {
        defaultLogger().warn("statistics of older decisions cannot be read", { error: messageOf(error) });
      }
  }

  /**
   * Learns what leaves. Other settings than before begin anew.
   * @param rows the rated decisions that leave, in the order of time
   * @param until time of the newest decision that leaves, rated or not
   * @param seen decisions whose contexts new encoders are fitted to
   */
  learn(
    point: PolicySettings & { settings: string },
    rows: readonly DecisionRow[],
    until: string,
    seen: () => Parameters<typeof startPolicy>[1],
  ): void {
    const { decisionPoint, settings } = point;
    const known = this.points.get(decisionPoint);
    const goesOn = known?.settings === settings;
    const [first] = rows;
    if (!first) {
      if (known) known.until = until;
      return;
    }
    const started = goesOn ? known.started : startPolicy(point, seen());
    const taught = teach(started.policy, rows, [], started.encoders);
    started.artifact = taughtArtifact(started, rows);
    this.points.set(decisionPoint, {
      settings,
      from: goesOn ? known.from : first.at,
      rows: (goesOn ? known.rows : 0) + taught,
      until,
      started,
    });
  }

  /** A policy that goes on from what a point's older decisions taught; undefined where there is none by these settings. */
  startOf(decisionPoint: string, settings: string): (StartedPolicy & Pick<Held, "from" | "rows">) | undefined {
    const held = this.points.get(decisionPoint);
    if (held?.settings !== settings || held.rows === 0) return undefined;
    const { started, from, rows } = held;
    return { ...started, policy: restorePolicy(started.policy.snapshot()), from, rows };
  }

  /** Lets go of what a point's older decisions taught; what leaves from now on is kept anew. */
  drop(decisionPoint: string): void {
    const held = this.points.get(decisionPoint);
    if (held) this.points.set(decisionPoint, { ...held, settings: "", rows: 0 });
  }

  /** What is to be kept for another thread. */
  snapshot(): PointStatistics[] {
    return [...this.points.values()].map(({ started, ...rest }) => ({
      ...rest,
      artifact: { ...started.artifact, policy: started.policy.snapshot() },
    }));
  }
}

/** What determines a point's statistics beside its decisions. */
export function settingsOf({ learn }: Pick<PolicySettings, "learn">, rows: object): string {
  return JSON.stringify([learn.policy, learn.encoder, rows]);
}
