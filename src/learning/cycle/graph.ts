import { END, ReducedValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { messageOf } from "../../core/index.js";
import type { PointRows } from "../../worker/jobs/survey.js";
import type { ComponentContext, LearningComponent } from "../component.js";
import type { JudgedPoint, RoutingLearner } from "../routing-learner.js";
import type { TakenWork, WorkShare } from "../work.js";
import type { Collected, FactCollector } from "./collector.js";
import type { StepReport } from "./types.js";

/** What the learning graph works with. */
export interface LearningGraphDeps {
  /** Brings what the tracer still buffers to the store. */
  flush(): Promise<void>;
  collector: FactCollector;
  components: readonly LearningComponent[];
  context: ComponentContext;
  routing: RoutingLearner;
  work: WorkShare;
  /** By hand: also what was done lately is done again. */
  force: boolean;
}

const LearningState = new StateSchema({
  collected: z.custom<Collected | undefined>().optional(),
  points: z.custom<PointRows[]>().default(() => []),
  /** Decision points that were not looked at yet. */
  left: z.custom<PointRows[]>().default(() => []),
  /** What became so far of the one that is worked on. */
  judging: z.custom<JudgedPoint[]>().default(() => []),
  judged: new ReducedValue(
    z.custom<JudgedPoint[]>().default(() => []),
    {
      inputSchema: z.custom<JudgedPoint[]>(),
      reducer: (all: JudgedPoint[], fresh: JudgedPoint[]) => [...all, ...fresh],
    },
  ),
  /** What other learners do, or did lately. */
  elsewhere: new ReducedValue(
    z.custom<string[]>().default(() => []),
    { inputSchema: z.custom<string[]>(), reducer: (all: string[], fresh: string[]) => [...all, ...fresh] },
  ),
  steps: new ReducedValue(
    z.custom<StepReport[]>().default(() => []),
    { inputSchema: z.custom<StepReport[]>(), reducer: (all: StepReport[], fresh: StepReport[]) => [...all, ...fresh] },
  ),
});

/**
 * One learning cycle as a LangGraph graph: collect -> join -> learn (rewards, patterns, prompts), and for each decision
 * point in turn prove (watch, settle, train, judge) -> gate -> publish. Each piece of work is taken from the share of the learners over
 * the store. Each part that fails is reported and skipped; the others go on, and what serves stays. A stop (the
 * context's signal) ends it between and within steps.
 */
export function createLearningGraph(deps: LearningGraphDeps) {
  const { context, routing } = deps;
  const guarded = async <T>(component: string, work: () => Promise<T>): Promise<T | StepReport> => {
    try {
      return await work();
    } catch (error) {
      context.signal.throwIfAborted();
      context.logger.error(`learning: ${component} failed and was skipped`, { error: messageOf(error) });
      return { component, state: "failed", samples: 0, message: messageOf(error) };
    }
  };
  /** Does `work` for each item; what fails is reported under the item's name and left out. */
  const each = async <T, R>(
    items: readonly T[],
    name: (item: T) => string,
    work: (item: T) => Promise<R | StepReport>,
  ) => {
    const results: R[] = [];
    const steps: StepReport[] = [];
    for (const item of items) {
      context.signal.throwIfAborted();
      try {
        await deps.collector.ensure(context.signal);
        const result = await work(item);
        if (isStep(result)) steps.push(result);
        else results.push(result);
      } catch (error) {
        steps.push(await guarded(name(item), () => Promise.reject(error)));
      }
    }
    return { results, steps };
  };
  const routingOf = (decisionPoint: string) => `routing/${decisionPoint}`;
  /** The decision point that is worked on is this learner's until it is published, or until the cycle ends. */
  let taken: TakenWork | undefined;
  const current = (): ComponentContext => taken?.context ?? context;

  return new StateGraph(LearningState)
    .addNode("collect", async () => {
      await deps.flush();
      return { collected: await deps.collector.collect(context.signal) };
    })
    .addNode("join", async () => {
      const points = await routing.survey(context);
      return { points, left: points };
    })
    .addNode("learn", async () => {
      const steps: StepReport[] = [];
      const elsewhere: string[] = [];
      for (const component of deps.components) {
        context.signal.throwIfAborted();
        const step = await guarded(component.name, async () => {
          const work = await deps.work.take(component.name, context, deps.force);
          if (!work) return undefined;
          return finished(work, async () => {
            await deps.collector.ensure(context.signal);
            return { component: component.name, ...(await component.run(work.context)) };
          });
        });
        if (step) steps.push(step);
        else elsewhere.push(component.name);
      }
      return { steps, elsewhere };
    })
    .addNode("prove", async ({ left }) => {
      const elsewhere: string[] = [];
      const failed: StepReport[] = [];
      for (const [n, point] of left.entries()) {
        const name = routingOf(point.decisionPoint);
        taken = undefined;
        const failure = await guarded(name, async () => {
          taken = await deps.work.take(name, context, deps.force);
          return undefined;
        });
        if (failure) failed.push(failure);
        else if (!taken) elsewhere.push(name);
        else {
          const { results, steps } = await each(
            [point],
            () => name,
            (p) => routing.learn(p, current()),
          );
          return { left: left.slice(n + 1), elsewhere, judging: results, steps: [...failed, ...steps] };
        }
      }
      return { left: [], elsewhere, judging: [], steps: failed };
    })
    .addNode("gate", ({ judging }) => {
      const judged = judging.map((j) => routing.decide(j, current()));
      return { judging: judged, judged };
    })
    .addNode("publish", async ({ judging }) => {
      const { results, steps } = await each(
        judging,
        (j) => routingOf(j.decisionPoint),
        (j) => routing.publish(j, current()),
      );
      await taken?.done();
      taken = undefined;
      return { steps: [...results, ...steps] };
    })
    .addEdge(START, "collect")
    .addEdge("collect", "join")
    .addEdge("join", "learn")
    .addEdge("learn", "prove")
    .addEdge("prove", "gate")
    .addEdge("gate", "publish")
    .addConditionalEdges("publish", ({ left }) => (left.length > 0 ? "prove" : END), ["prove", END]);
}

/** Does taken work and gives it back: done, also where it failed; undone where this learner was stopped over it. */
async function finished<T>(taken: TakenWork, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await taken.done();
    return result;
  } catch (error) {
    if (taken.context.signal.aborted) await taken.leave();
    else await taken.done();
    throw error;
  }
}

function isStep(value: unknown): value is StepReport {
  return typeof value === "object" && value !== null && "component" in value && "state" in value;
}
