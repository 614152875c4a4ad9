import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, type FeedbackRecord, ManualClock } from "langgraph-collective-learning";
import { createLlmJudge, type JudgeCorrection, type JudgeModel } from "langgraph-collective-learning/rewards";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hash32, ratingOf } from "../../src/core/index.js";

const DAY_MS = 86_400_000;
const PER_DAY = 50;
const RUNS = 240;
/** What people think of run `i`. */
const truth = (i: number) => [0.2, 0.4, 0.6, 0.8][hash32(`worth ${i}`) % 4] as number;

/** Reads the worth of an output off its text; `scored` makes of it what the model says on 1-10. */
function scripted(scored: (worth: number, text: string) => number): { model: JudgeModel; asked: () => number } {
  let asked = 0;
  const invoke = async (prompt: string) => {
    asked++;
    const outputs = /<outputs>\n([\s\S]*)\n<\/outputs>/.exec(prompt)?.[1] ?? "";
    return { reasoning: "so", quality: scored(Number(/worth (\S+?)[ "]/.exec(outputs)?.[1]), outputs) };
  };
  return { model: { withStructuredOutput: () => ({ invoke }) }, asked: () => asked };
}

/** How an evaluator stands after a cycle. */
interface Standing {
  judged: number;
  today: number;
  pairs: number;
  findings: Record<string, Omit<JudgeCorrection, "correct">>;
}

const State = new StateSchema({ i: z.number(), answer: z.string().optional() });

/** A loop with a lenient judge and one that only guesses; people answer when a draw asks them. */
async function world() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const store = createMemoryStore({ clock });
  // Two tenths too kind: what people call 0.4 it calls good.
  const lenient = scripted((worth) => 1 + 9 * (worth + 0.2));
  const guessing = scripted((_, text) => 1 + (hash32(text) % 9));
  const judge = ({ model }: typeof lenient) => createLlmJudge({ model, rubric: "Worth what it says." });
  const loop = await CollectiveLearningLoop.open({
    store,
    clock,
    enablePatternDiscovery: false,
    enableRewardModel: false,
    enablePromptOptimization: false,
    evaluators: [
      { name: "lenient", evaluate: judge(lenient), share: 0.5, maxPerDay: PER_DAY },
      { name: "guessing", evaluate: judge(guessing), share: 0.5, maxPerDay: PER_DAY },
    ],
  });
  const answer = (who: string) => (s: { i: number }) => ({ answer: `run ${s.i} by ${who}: worth ${truth(s.i)} ` });
  const router = loop.router({
    decisionPoint: "desk",
    destinations: ["ada", "ben"] as const,
    context: () => ({ kind: 1 }),
    fallback: () => "ada" as const,
    exploration: 0.3,
  });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("triage", () => ({}))
      .addNode("ada", answer("ada"))
      .addNode("ben", answer("ben"))
      .addEdge(START, "triage")
      .addConditionalEdges("triage", router, ["ada", "ben"])
      .addEdge("ada", END)
      .addEdge("ben", END)
      .compile(),
    { workflowType: "desk" },
  );
  for (let i = 0; i < RUNS; i++) {
    clock.advance(1_000);
    const workflowId = `w${i}`;
    await graph.invoke({ i }, { metadata: { workflowId } });
    await loop.flush();
    // Two runs in three are asked about surely, the others seldom.
    const of = { workflowId, userId: `u${i}` };
    if (await loop.feedback.considerRequest({ ...of, expectedReward: i % 3 ? 0.9 : 0.1 }))
      await loop.feedback.submitFeedback({ ...of, ratings: { quality: truth(i) } });
  }
  const judgements = async () => {
    const all: FeedbackRecord[] = [];
    for await (const { facts } of store.read("feedback")) all.push(...facts);
    return all;
  };
  const cycle = async () => {
    await loop.triggerLearningCycle();
    return (await loop.getLearningStatus()).components["evaluators"];
  };
  return { clock, loop, cycle, judgements, asked: { lenient: lenient.asked, guessing: guessing.asked } };
}

describe("a judge in a loop", () => {
  it("keeps its budget, is measured by people's answers and corrected, and never counts as a person", async () => {
    const { clock, loop, cycle, judgements, asked } = await world();
    const people = await judgements();
    const standing = async () => (await cycle())?.details as Record<string, Standing>;

    expect((await standing())["lenient"]).toMatchObject({ judged: 40, today: 40, pairs: 0, findings: {} });
    expect((await standing())["lenient"]).toMatchObject({ judged: 10, today: PER_DAY });
    expect((await standing())["lenient"]).toMatchObject({ judged: 0, today: PER_DAY });
    expect(asked.lenient()).toBe(PER_DAY);
    clock.advance(DAY_MS + 1_000);
    await cycle();
    await cycle();
    expect(asked.lenient()).toBe(2 * PER_DAY);

    // What it gives is compared with what people said of the same runs.
    const last = await cycle();
    const facts = await judgements();
    const answers = new Map(people.map((f) => [f.workflowId, f]));
    const judgedBy = (name: string) => facts.filter((f) => f.userId === `evaluator:${name}`);
    const common = judgedBy("lenient").flatMap((f) => answers.get(f.workflowId)?.ratings?.["quality"] ?? []);
    const shareOf = (values: number[], good: (v: number) => boolean) => values.filter(good).length / values.length;
    const details = last?.details as Record<string, Standing>;
    const finding = details["lenient"]?.findings["evaluator:lenient"];
    expect(common.length).toBeGreaterThan(40);
    expect(finding).toMatchObject({
      pairs: common.length,
      bias: expect.closeTo(0.2, 9),
      slope: expect.closeTo(1, 9),
      helps: true,
      rmse: { raw: expect.closeTo(0.2, 9), corrected: expect.closeTo(0, 9) },
    });
    const bad = common.filter((v) => v < 0.5);
    expect(finding?.agreement.raw).toMatchObject({
      share: expect.closeTo(
        shareOf(common, (v) => v !== 0.4),
        9,
      ),
      falsePositives: expect.closeTo(
        shareOf(bad, (v) => v === 0.4),
        9,
      ),
      falseNegatives: 0,
    });
    expect(finding?.agreement.corrected).toMatchObject({ share: 1, falsePositives: 0, falseNegatives: 0 });

    // The one that guesses is told from it, and judges no runs that people did not.
    expect(details["guessing"]?.findings["evaluator:guessing"]).toMatchObject({ helps: false });
    expect(last?.warnings).toEqual([expect.stringMatching(/guessing does not tell what people say/)]);

    // Neither is a person: what was asked of people stays as it was asked, and a judge alone proves nothing.
    const statistics = await loop.feedback.getFeedbackStatistics();
    expect(statistics.bySource).toEqual({
      human: people.length,
      evaluator: judgedBy("lenient").length + judgedBy("guessing").length,
    });
    expect(statistics.ratings["quality"]?.count).toBe(people.length);
    for (const { workflowId } of judgedBy("lenient")) {
      const own = facts.filter((f) => f.workflowId === workflowId);
      const probability = answers.get(workflowId)?.askedProbability;
      expect(ratingOf(own)).toEqual(
        probability === undefined ? { ratedBy: "unasked" } : { ratedBy: "asked", probability },
      );
    }
    await loop.close();
  });
});
