import { END, ReducedValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { messageOf } from "../../core/index.js";
import type { PointRows } from "../../worker/jobs/survey.js";
import type { ComponentContext, LearningComponent } from "../component.js";
import type { Challenger, JudgedPoint, RoutingLearner } from "../routing-learner.js";
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
}

const LearningState = new StateSchema({
  collected: z.custom<Collected | undefined>().optional(),
  points: z.custom<PointRows[]>().default(() => []),
  challengers: z.custom<Challenger[]>().default(() => []),
  judged: z.custom<JudgedPoint[]>().default(() => []),
  steps: new ReducedValue(
    z.custom<StepReport[]>().default(() => []),
    { inputSchema: z.custom<StepReport[]>(), reducer: (all: StepReport[], fresh: StepReport[]) => [...all, ...fresh] },
  ),
});

/**
 * One learning cycle as a LangGraph graph: collect -> join -> learn (rewards, patterns, prompts) ->
 * train -> evaluate -> gate -> publish. Each part that fails is reported and skipped; the others go
 * on, and what serves stays. A stop (the context's signal) ends it between and within steps.
 */
export function createLearningGraph(deps: LearningGraphDeps) {
  const { context, routing } = deps;
  const guarded = async (component: string, work: () => Promise<StepReport>): Promise<StepReport> => {
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

  return new StateGraph(LearningState)
    .addNode("collect", async () => {
      await deps.flush();
      return { collected: await deps.collector.collect(context.signal) };
    })
    .addNode("join", async () => ({ points: await routing.survey(context) }))
    .addNode("learn", async () => {
      const steps: StepReport[] = [];
      for (const component of deps.components) {
        context.signal.throwIfAborted();
        steps.push(
          await guarded(component.name, async () => {
            await deps.collector.ensure(context.signal);
            return { component: component.name, ...(await component.run(context)) };
          }),
        );
      }
      return { steps };
    })
    .addNode("train", async ({ points }) => {
      const { results, steps } = await each(
        points,
        (p) => routingOf(p.decisionPoint),
        (p) => routing.train(p, context),
      );
      return { challengers: results.flat(), steps };
    })
    .addNode("evaluate", async ({ points, challengers }) => {
      const { results, steps } = await each(
        points,
        (p) => routingOf(p.decisionPoint),
        (p) =>
          routing.judge(
            p,
            challengers.filter((c) => c.decisionPoint === p.decisionPoint),
            context,
          ),
      );
      return { judged: results, steps };
    })
    .addNode("gate", ({ judged }) => ({ judged: judged.map((j) => routing.decide(j, context)) }))
    .addNode("publish", async ({ judged }) => {
      const { results, steps } = await each(
        judged,
        (j) => routingOf(j.decisionPoint),
        (j) => routing.publish(j, context),
      );
      return { steps: [...results, ...steps] };
    })
    .addEdge(START, "collect")
    .addEdge("collect", "join")
    .addEdge("join", "learn")
    .addEdge("learn", "train")
    .addEdge("train", "evaluate")
    .addEdge("evaluate", "gate")
    .addEdge("gate", "publish")
    .addEdge("publish", END);
}

function isStep(value: unknown): value is StepReport {
  return typeof value === "object" && value !== null && "component" in value && "state" in value;
}
