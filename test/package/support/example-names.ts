/** What the examples in doc comments take for granted, and of what type it is. Never run. */
import type { Embeddings } from "@langchain/core/embeddings";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { ChatPromptTemplate } from "@langchain/core/prompts";
import type { RunnableConfig } from "@langchain/core/runnables";
import { StateGraph, StateSchema } from "@langchain/langgraph";
import type { trace as otelTrace } from "@opentelemetry/api";
import type { createAgent } from "langchain";
import type {
  CollectiveLearningLoop,
  Decision,
  FeedbackCollector,
  FeedbackRecord,
  LearningStore,
  ManualClock,
  RewardModel,
  Rng,
  Trace,
} from "langgraph-collective-learning";
import { z } from "zod";

const State = new StateSchema({
  topic: z.string(),
  question: z.string().optional(),
  messages: z.array(z.string()).optional(),
});
const builder = new StateGraph(State)
  .addNode("start", () => ({}))
  .addNode("billing", () => ({}))
  .addNode("tech", () => ({}));

type Policies = typeof import("langgraph-collective-learning/policies");
type Evaluation = typeof import("langgraph-collective-learning/evaluation");
type Rewards = typeof import("langgraph-collective-learning/rewards");
type Routing = typeof import("langgraph-collective-learning/routing");
type Prompts = typeof import("langgraph-collective-learning/prompts");
type Patterns = typeof import("langgraph-collective-learning/patterns");
type Environments = typeof import("langgraph-collective-learning/environments");
type Training = typeof import("langgraph-collective-learning/training");
type Together = typeof import("langgraph-collective-learning/together");
type Sentinel = typeof import("langgraph-collective-learning/sentinel");
type LangSmith = typeof import("langgraph-collective-learning/langsmith");
type RegistryEntry = typeof import("langgraph-collective-learning/registry");
type FeedbackEntry = typeof import("langgraph-collective-learning/feedback");
type Opening<F> = F extends (...args: infer A) => unknown ? A : never;

export interface Names {
  // LangGraph, LangChain, zod.
  z: typeof z;
  builder: typeof builder;
  graph: ReturnType<typeof builder.compile>;
  state: typeof State.State;
  createAgent: typeof createAgent;
  chatModel: BaseChatModel;
  smallModel: BaseChatModel;
  largeModel: BaseChatModel;
  embeddings: Embeddings;
  otel: typeof otelTrace;

  // The loop, its stores and its facts.
  loop: CollectiveLearningLoop;
  store: LearningStore;
  fileStore: LearningStore;
  postgresStore: LearningStore;
  clock: ManualClock;
  rng: Rng;
  trace: Trace;
  traces: Trace[];
  decision: Decision;
  record: FeedbackRecord;
  records: FeedbackRecord[];
  requests: Opening<FeedbackEntry["responseStatistics"]>[0];
  segments: Opening<Patterns["takeIn"]>[1] extends ReadonlyMap<string, infer F>
    ? F extends { segments: infer S }
      ? S
      : never
    : never;
  rows: Opening<Rewards["mixRewards"]>[0];
  workflowId: string;
  collector: FeedbackCollector;
  secret: string;
  error: unknown;
  contexts: Record<string, string | number>[];
  question: string;
  mine: string;
  theirs: string;
  template: ChatPromptTemplate;
  config: RunnableConfig;
  prompts: CollectiveLearningLoop["prompts"];
  imported: Opening<LangSmith["readLangSmithFeedback"]>[0]["runs"];
  model: Opening<Rewards["createLlmJudge"]>[0]["model"];
  userOf: (request: Request) => { name: string; may: ["read"] } | undefined;
  app: { all(path: string, handler: (c: { req: { raw: Request } }) => Promise<Response>): void };
  request: Request;

  // Policies and routing.
  encoder: Opening<Training["loggedRuns"]>[1];
  policy: Opening<Policies["explainByPolicy"]>[0];
  input: Opening<Policies["explainByPolicy"]>[1];
  policyRows: Opening<Policies["createPolicy"]> extends never
    ? never
    : Parameters<ReturnType<Policies["createPolicy"]>["learn"]>[0];
  rowsElsewhere: Parameters<ReturnType<Policies["createPolicy"]>["learn"]>[0];
  dim: number;
  predicted: number;
  reward: number;
  artifact: Opening<Routing["restoreServedPolicy"]>[1];
  deps: Opening<Routing["createRouter"]>[1];
  registry: Awaited<ReturnType<RegistryEntry["openRegistry"]>>;

  // Evaluation.
  opeRows: Opening<Evaluation["estimateValue"]>[0];
  judged: Opening<Evaluation["monitorChampion"]>[1];
  trial: Opening<Evaluation["decideTrial"]>[0];
  trialRows: Opening<Evaluation["addCluster"]>[1];
  openRows: Opening<Evaluation["settle"]>[1];

  // Rewards.
  examples: Opening<Rewards["compareOnLater"]>[2];
  champion: RewardModel;
  challenger: RewardModel;
  judgedPairs: Opening<Rewards["fitJudgeCorrection"]>[0];
  imputed: Opening<Rewards["mixRewards"]>[1];
  judgeModel: Opening<Rewards["createLlmJudge"]>[0]["model"];

  // Prompts.
  variantRows: Opening<Prompts["learnContextualPolicy"]>[1];
  definition: Opening<Prompts["allocate"]>[0];
  outcomes: Opening<Prompts["judgeExperiment"]>[1];
  promptExamples: Opening<Prompts["propose"]>[2]["examples"];
  ratedAnswers: Opening<Prompts["propose"]>[2]["demonstrations"];

  // Training and environments.
  network: Opening<Training["onRawObservations"]>[0];
  world: Opening<Environments["worldStart"]>[0];
  chance: Opening<Environments["drawConditions"]>[1];
  actionPlan: Opening<Environments["simulate"]>[3];
  circumstances: Opening<Environments["qualityFactor"]>[1];
  declared: Opening<Environments["fitSimulator"]>[1]["agents"];

  // Learning together.
  plan: Opening<Together["merge"]>[0];
  contributions: Opening<Together["merge"]>[1];
  maskedContributions: Opening<Together["mergeMasked"]>[1];
  merged: Opening<Together["policyOf"]>[1];
  federatedRows: Opening<Together["contributionOf"]>[2];
  key: ReturnType<Together["maskingKey"]>;
  keyOfSouth: string;
  peers: Record<string, string>;

  // Patterns.
  map: Opening<Patterns["toMermaid"]>[0];
  report: Opening<Patterns["recommend"]>[0];
  teamRuns: Opening<Patterns["agentCombinations"]>[0];
  labelled: ConstructorParameters<Patterns["BlameModel"]>[0];
  analyzedRuns: Opening<Patterns["failurePrecursors"]>[0];

  // The Sentinel.
  agents: Opening<Sentinel["createSentinelOrchestrator"]>[0]["agents"];
  before: Opening<Sentinel["stepReward"]>[0];
  after: Opening<Sentinel["stepReward"]>[1];
  brief: Opening<Sentinel["rolePrompt"]>[1];
}
