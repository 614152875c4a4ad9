import type { RunnableConfig } from "@langchain/core/runnables";
import { Runnable } from "@langchain/core/runnables";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Advice } from "./advice.js";
import type { DecisionPoint, DecisionPointStatus } from "./decision-point.js";
import { LEARNED, type LearnedMark } from "./learned.js";

/** What every learned edge and node is: a Runnable, named and marked as its decision point. */
export abstract class LearnedRunnable<S, D extends string, Out>
  extends Runnable<S, Out, RunnableConfig>
  implements LearnedMark
{
  override lc_namespace = ["langgraph_collective_learning", "routing"];
  override name: string;
  readonly [LEARNED]: LearnedMark[typeof LEARNED];

  constructor(
    protected readonly point: DecisionPoint<S, D>,
    kind: LearnedMark[typeof LEARNED]["kind"],
  ) {
    super();
    this.name = point.name;
    this[LEARNED] = { kind, decisionPoint: point.name, destinations: point.destinations };
  }

  /** What the policy in force would do with this state, without doing or recording it. */
  advise(state: S, config: Partial<LangGraphRunnableConfig> = {}): Promise<Advice<D>> {
    return this.point.advise(state, config);
  }

  /** Resolves when every policy promoted so far is loaded and serves. */
  ready(): Promise<void> {
    return this.point.feed.ready();
  }

  status(): DecisionPointStatus {
    return this.point.status();
  }
}
