import { CollectiveLearningLoop, isLearningError } from "langgraph-collective-learning";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { createFederationHandler } from "langgraph-collective-learning/together";
import { afterAll, beforeAll, expect, it } from "vitest";

let loop: CollectiveLearningLoop;
beforeAll(async () => {
  loop = await CollectiveLearningLoop.open({ store: createMemoryStore() });
  loop.router({ decisionPoint: "only", destinations: ["a", "b"], context: () => ({}), fallback: () => "a" });
});
afterAll(() => loop.close());

/** What plain JavaScript may call, and TypeScript would not let through. */
const CALLS: Record<string, (loop: never) => unknown> = {
  getTrace: (l: { getTrace(id?: string): unknown }) => l.getTrace(),
  getDecisions: (l: { getDecisions(id?: string): unknown }) => l.getDecisions(),
  erase: (l: { erase(of?: object): unknown }) => l.erase(),
  attach: (l: { attach(of: unknown): unknown }) => l.attach(undefined),
  setMode: (l: { setMode(point?: string, mode?: string): unknown }) => l.setMode(undefined, "act"),
  optimizeOrchestratorDecision: (l: { optimizeOrchestratorDecision(state?: object): unknown }) =>
    l.optimizeOrchestratorDecision(),
  plan: (l: { plan(of?: object): unknown }) => l.plan(),
  explainDecision: (l: { explainDecision(of: unknown): unknown }) => l.explainDecision(null),
  predictRewards: (l: { predictRewards(of?: unknown): unknown }) => l.predictRewards(),
  getHistory: (l: { feedback: { getHistory(id?: string): unknown } }) => l.feedback.getHistory(),
  considerRequest: (l: { feedback: { considerRequest(of?: object): unknown } }) => l.feedback.considerRequest(),
  requestFeedback: (l: { feedback: { requestFeedback(a?: string): unknown } }) => l.feedback.requestFeedback("run"),
  submitOutcome: (l: { feedback: { submitOutcome(a: string, b: number, c: unknown): unknown } }) =>
    l.feedback.submitOutcome("run", 1, null),
  publish: (l: { registry: { publish(a: string): unknown } }) => l.registry.publish("policy/x"),
  rollback: (l: { registry: { rollback(a: unknown, b: string, c: unknown): unknown } }) =>
    l.registry.rollback("policy/x", "why", null),
  pin: (l: { registry: { pin(a: unknown, b: unknown, c: string): unknown } }) =>
    l.registry.pin(undefined, undefined, ""),
  register: (l: { prompts: { register(a: string): unknown } }) => l.prompts.register("support"),
  attributeFailure: (l: { patterns: { attributeFailure(of: unknown): unknown } }) =>
    l.patterns.attributeFailure(undefined),
  getPatternRecommendations: (l: { patterns: { getPatternRecommendations(of: unknown): unknown } }) =>
    l.patterns.getPatternRecommendations(null),
};

it.each(Object.keys(CALLS))("%s says what is missing, in a coded error", async (name) => {
  const call = async () => CALLS[name]?.(loop as never);
  const error = await call().then(
    () => "no error",
    (e: unknown) => e,
  );
  expect(isLearningError(error)).toBe(true);
  expect((error as Error).message).toMatch(/received (undefined|null|""|.*undefined)/);
});

it("a secret of the wrong kind is named, and not shown", async () => {
  const alerts = [{ on: ["promoted"], webhook: "https://example.org/", secret: { is: "hunter2" } }];
  const refused = CollectiveLearningLoop.open({ store: createMemoryStore(), alerts } as never);
  await expect(refused).rejects.toThrow("received a value of type object for alerts.0.secret");
  await expect(refused).rejects.not.toThrow("hunter2");
  const transport = { send() {}, receive() {} };
  const site = () => createFederationHandler({ transport, secrets: { north: { is: "hunter2" } } } as never);
  expect(site).toThrow("received a value of type object for secrets.north");
  expect(site).not.toThrow("hunter2");
});
