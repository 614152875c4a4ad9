import { oneAtATime } from "../core/index.js";
import type { PointStatus } from "../learning/status.js";
import type { LearningStore } from "../store/index.js";

/** The newest decisions and judgements that are counted at first. */
const MOST = 20_000;

/** What was counted of a store, and how far; from then on only what is new is read. */
class Counted {
  private readonly judged = new Set<string>();
  /** The run of each decision, by point. */
  private readonly points = new Map<string, Map<string, string>>();
  private readonly behind: { feedback?: string; decision?: string } = {};
  readonly inTurn = oneAtATime();
  size = 0;

  constructor(private readonly store: LearningStore) {}

  async count(): Promise<Map<string, { decisions: number; rated: number }>> {
    await this.read("feedback", (f) => this.judged.add(f.workflowId));
    await this.read("decision", ({ decisionPoint, decisionId, workflowId }) => {
      const runs = this.points.get(decisionPoint) ?? new Map<string, string>();
      this.points.set(decisionPoint, runs.set(decisionId, workflowId));
    });
    return new Map(
      [...this.points].map(([point, runs]) => {
        const rated = [...runs.values()].filter((run) => this.judged.has(run)).length;
        return [point, { decisions: runs.size, rated }];
      }),
    );
  }

  private async read<K extends "feedback" | "decision">(
    kind: K,
    take: (fact: K extends "feedback" ? { workflowId: string } : Decided) => void,
  ): Promise<void> {
    const after = this.behind[kind];
    const query = after === undefined ? { latest: true, limit: MOST } : { after };
    for await (const { facts, cursor } of this.store.read(kind, query)) {
      for (const fact of facts) take(fact as never);
      this.size += facts.length;
      this.behind[kind] = cursor;
    }
  }
}

interface Decided {
  decisionPoint: string;
  decisionId: string;
  workflowId: string;
}

const counted = new WeakMap<LearningStore, Counted>();

/** Counts anew from here on: something was removed. */
export function forgetCounts(store: LearningStore): void {
  counted.delete(store);
}

/**
 * What is stored of each point's decisions, for a status before the first learning cycle, which counts from then on:
 * a judged decision is one whose run, or itself, was judged.
 */
export async function countedPoints(store: LearningStore, points: readonly PointStatus[]): Promise<PointStatus[]> {
  if (points.length === 0) return [];
  let known = counted.get(store);
  // What grew much is counted anew: no more than the newest is held.
  if (!known || known.size > 4 * MOST) {
    known = new Counted(store);
    counted.set(store, known);
  }
  const { inTurn } = known;
  const found = await inTurn(() => (known as Counted).count()).catch((error) => {
    // What was read in part is read again.
    counted.delete(store);
    throw error;
  });
  return points.map((p) => ({ ...p, ...found.get(p.decisionPoint) }));
}
