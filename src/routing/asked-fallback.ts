import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { LearningError, messageOf, nearestWord, show } from "../core/index.js";
import type { ResolvedOptions } from "./options.js";
import type { PointLog } from "./point-log.js";
import type { PointMemory } from "./point-memory.js";
import { isPromise } from "./scene.js";

/** A router's fallback, asked for the position of its choice among the destinations. */
export class AskedFallback<S, D extends string> {
  constructor(
    private readonly options: Pick<ResolvedOptions<S, D>, "decisionPoint" | "destinations" | "fallback">,
    private readonly memory: PointMemory,
    private readonly log: PointLog,
  ) {}

  /** @throws DESTINATION_UNKNOWN when the fallback names something else than a destination */
  ask(state: S, config: LangGraphRunnableConfig): number | Promise<number> {
    const answer = this.options.fallback(state, config);
    if (!isPromise(answer)) return this.indexOf(answer);
    this.memory.fallbackIsSlow = true;
    // Any thenable: a query builder's answer is waited for as LangGraph waits for it.
    return Promise.resolve(answer).then((choice) => this.indexOf(choice));
  }

  /** What the fallback would have said; undefined when that failed. */
  compare(state: S, config: LangGraphRunnableConfig): number | undefined | Promise<number | undefined> {
    const failed = (error: unknown) => {
      this.log.warnOnce("comparison", "the fallback failed when asked for comparison", messageOf(error));
      return undefined;
    };
    try {
      const asked = this.ask(state, config);
      return isPromise(asked) ? asked.catch(failed) : asked;
    } catch (error) {
      return failed(error);
    }
  }

  private indexOf(choice: D): number {
    const { decisionPoint, destinations } = this.options;
    const index = destinations.indexOf(choice);
    if (index >= 0) return index;
    const nearest = nearestWord(String(choice), [...destinations]);
    throw new LearningError("DESTINATION_UNKNOWN", {
      received: `${show(choice)} from the fallback of ${decisionPoint}`,
      expected: `one of ${destinations.join(", ")}`,
      remedy: `Return a destination of the router (the nearest is ${nearest}), or add this one to its destinations.`,
    });
  }
}
