import { z } from "zod";
import type { CollectiveLearningLoop } from "../../loop/collective-learning-loop.js";

/** A tool of the MCP server. Its answer is plain JSON. */
export interface LoopTool {
  name: string;
  description: string;
  /** The shape of its input, as zod takes it. */
  input: z.ZodRawShape;
  /** Changes what serves: offered only with `--allow-changes`. */
  changes?: boolean;
  run(loop: CollectiveLearningLoop, input: Record<string, unknown>): Promise<unknown>;
}

/** Defines a tool whose `run` sees the input as its shape says. */
function tool<Shape extends z.ZodRawShape>(definition: {
  name: string;
  description: string;
  input: Shape;
  changes?: boolean;
  run(loop: CollectiveLearningLoop, input: z.output<z.ZodObject<Shape>>): Promise<unknown>;
}): LoopTool {
  const schema = z.object(definition.input);
  return { ...definition, run: (loop, input) => definition.run(loop, schema.parse(input)) };
}

const workflowId = z.string().min(1).describe("The id of one run of a graph");
const name = z.string().min(1).describe("The registry's name of what is versioned, as `learning_status` lists it");
const reason = z.string().min(1).max(500).describe("Why, for the history");

/** Every tool, those that change something last. */
export const TOOLS: readonly LoopTool[] = [
  tool({
    name: "learning_status",
    description: "What was learned, what serves, how much better it is, and what went wrong.",
    input: {},
    run: (loop) => loop.getLearningStatus(),
  }),
  tool({
    name: "get_run",
    description: "One run of a graph: its nodes, edges, calls, decisions and judgements.",
    input: { workflowId },
    run: async (loop, { workflowId }) => ({
      trace: (await loop.getTrace(workflowId)) ?? null,
      decisions: await loop.getDecisions(workflowId),
      feedback: (await loop.feedback.getFeedback(workflowId)).current,
    }),
  }),
  tool({
    name: "explain_decisions",
    description: "Why the policy preferred what it preferred, for every decision of a run that a policy took.",
    input: { workflowId },
    run: async (loop, { workflowId }) => {
      const decisions = await loop.getDecisions(workflowId);
      const served = decisions.filter((d) => d.policyVersion !== undefined);
      return Promise.all(served.map((d) => loop.explainDecision(d)));
    },
  }),
  tool({
    name: "advise",
    description: "What the policy that serves would do in a state, with expected rewards; nothing is recorded.",
    input: {
      decisionPoint: z.string().optional().describe("Default: the only one"),
      state: z.record(z.string(), z.unknown()).describe("The state, or the context of the decision"),
    },
    run: (loop, { decisionPoint, state }) => loop.optimizeOrchestratorDecision(state, { decisionPoint }),
  }),
  tool({
    name: "learning_report",
    description: "Rewards over time, what pushes towards each destination, and every promotion and roll-back.",
    input: {},
    run: (loop) => loop.createReport(),
  }),
  tool({
    name: "recommend_patterns",
    description: "What distinguishes runs that go well, for a workflow type.",
    input: { workflowType: z.string().min(1) },
    run: (loop, { workflowType }) => loop.patterns.getPatternRecommendations({ workflowType }),
  }),
  tool({
    name: "version_history",
    description: "Versions of what was learned under a name, and what changed when and why.",
    input: { name },
    run: async (loop, { name }) => ({
      champion: loop.registry.champion(name)?.version ?? null,
      versions: loop.registry.versions(name),
      history: loop.registry.history(name),
    }),
  }),
  tool({
    name: "submit_feedback",
    description: "Judges a run: a CAT score of 1 to 10, ratings in [0,1], a comment. Counts as an evaluator's.",
    input: {
      workflowId,
      userId: z.string().min(1).describe("Who judges"),
      catScore: z.number().min(1).max(10).optional(),
      ratings: z.record(z.string(), z.number().min(0).max(1)).optional(),
      comment: z.string().max(20_000).optional(),
    },
    run: async (loop, { workflowId, userId, catScore, ratings, comment }) => {
      const cat = catScore === undefined ? undefined : { score: catScore, dimensions: {} };
      // An agent that judges is no person: what it says is calibrated against people's scores.
      return loop.feedback.submitFeedback({ workflowId, userId, source: "evaluator", cat, ratings, comment });
    },
  }),
  tool({
    name: "promote",
    description: "Lets a version serve, by hand.",
    input: { name, version: z.string().min(1), reason },
    changes: true,
    run: async (loop, { name, version, reason }) => {
      await loop.registry.promote(name, version, reason);
      return { champion: loop.registry.champion(name)?.version ?? null };
    },
  }),
  tool({
    name: "roll_back",
    description: "Takes back the last promotion under a name.",
    input: { name, reason },
    changes: true,
    run: async (loop, { name, reason }) => {
      await loop.registry.rollback(name, reason);
      return { champion: loop.registry.champion(name)?.version ?? null };
    },
  }),
];
