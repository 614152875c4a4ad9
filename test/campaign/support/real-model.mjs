// A real small language model in createAgent: middleware, streaming, an experiment between two prompts, and a proposal.
// `node real-model.mjs MODEL.gguf FOLDER RUNS` prints what it learned as JSON.

import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk, HumanMessage } from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { createAgent } from "langchain";
import { CollectiveLearningLoop, createRng, ManualClock } from "langgraph-collective-learning";
import { promptMiddleware } from "langgraph-collective-learning/prompts";
import { getLlama, LlamaChatSession } from "node-llama-cpp";

const [modelPath, folder, count] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 1, logLevel: "error" });
const weights = await llama.loadModel({ modelPath });
const context = await weights.createContext({ contextSize: 1024, threads: 1 });
const session = new LlamaChatSession({ contextSequence: context.getSequence() });
let calls = 0;

/** The model as a chat model of LangChain's; one call after the other. */
class LocalModel extends BaseChatModel {
  constructor(maxTokens) {
    super({});
    this.maxTokens = maxTokens;
  }
  _llmType() {
    return "local";
  }
  bindTools() {
    return this; // it has none
  }
  async say(messages, onTextChunk) {
    calls += 1;
    const history = messages.slice(0, -1).map((m) => {
      const type = m.getType();
      if (type === "ai") return { type: "model", response: [m.text] };
      return { type: type === "system" ? "system" : "user", text: m.text };
    });
    session.setChatHistory(history);
    return session.prompt(messages.at(-1).text, { maxTokens: this.maxTokens, temperature: 0, onTextChunk });
  }
  async _generate(messages) {
    const text = await this.say(messages);
    return { generations: [{ text, message: new AIMessage(text) }] };
  }
  async *_streamResponseChunks(messages, _options, manager) {
    const ready = [];
    let wake = () => {};
    let isOver = false;
    const said = this.say(messages, (text) => {
      ready.push(text);
      wake();
    }).finally(() => {
      isOver = true;
      wake();
    });
    while (!isOver || ready.length > 0) {
      const text = ready.shift();
      if (text === undefined) {
        await new Promise((resolve) => {
          wake = resolve;
          if (isOver || ready.length > 0) resolve();
        });
        continue;
      }
      yield new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
      await manager?.handleLLMNewToken(text);
    }
    await said;
  }
}

const CAPITALS = Object.entries({
  ...{ France: "Paris", Italy: "Rome", Spain: "Madrid", Japan: "Tokyo", Egypt: "Cairo", Germany: "Berlin" },
  ...{ Russia: "Moscow", China: "Beijing", Greece: "Athens", Portugal: "Lisbon", Austria: "Vienna", Poland: "Warsaw" },
  ...{ England: "London", Cuba: "Havana", Ireland: "Dublin" },
});
const scoreOf = (answer, city) => (answer.includes(city) ? 1 : 0);

const clock = new ManualClock(Date.UTC(2026, 0, 1));
const loop = await CollectiveLearningLoop.open({ storagePath: folder, clock, seed: 1 });
const make = (text) => ChatPromptTemplate.fromMessages([["system", text]]);
const poet = await loop.prompts.register("capital", make("You are a poet. Answer every question in verse."));
const teacher = await loop.prompts.register("capital", make("You are a helpful geography teacher."));
await loop.prompts.startExperiment({ promptId: "capital", variants: [poet, teacher], minimumEffect: 0.1 });

const long = new LocalModel(24);
const agent = createAgent({
  model: long,
  tools: [],
  middleware: [
    promptMiddleware(loop.prompts, "capital"),
    loop.middleware({
      decisionPoint: "length",
      choices: { short: { model: new LocalModel(6) }, long: { model: long } },
      context: ({ messages }) => ({ question: messages.at(-1)?.text }),
      fallback: () => "long",
      exploration: 0.5,
    }),
  ],
});
const graph = loop.wrap(agent.graph, { workflowType: "geography" });
const rng = createRng(1);
let chunks = 0;
const scores = { [poet]: [], [teacher]: [] };
const shown = {};
for (let i = 0; i < Number(count); i++) {
  const [country, city] = CAPITALS[rng.int(CAPITALS.length)];
  const workflowId = `capital-${i}`;
  const input = { messages: [new HumanMessage(`What is the capital of ${country}?`)] };
  let answer = "";
  for await (const [piece] of await graph.stream(input, { streamMode: "messages", metadata: { workflowId } })) {
    chunks += 1;
    answer += piece.text;
  }
  const score = scoreOf(answer.trim(), city);
  await loop.feedback.submitOutcome(workflowId, score);
  const { version } = await loop.prompts.get("capital", {}, { metadata: { workflowId } });
  scores[version].push(score);
  shown[version] ??= answer;
  clock.advance(60_000);
}
clock.advance(86_400_000); // judgements that may still come are waited for
await loop.triggerLearningCycle();
const [experiment] = loop.prompts.experiments("capital");
const mean = (values) => Math.round((100 * values.reduce((s, v) => s + v, 0)) / Math.max(1, values.length)) / 100;

const plain = await loop.prompts.register(
  "capital-by-example",
  ChatPromptTemplate.fromMessages([
    ["system", "You are a poet. Answer every question in verse."],
    ["human", "What is the capital of {country}?"],
  ]),
);
const proposal = await loop.prompts.propose("capital-by-example", {
  method: "few-shot",
  examples: CAPITALS.map(([country, expected]) => ({ variables: { country }, expected })),
  demonstrations: CAPITALS.map(([country, city]) => ({
    input: `What is the capital of ${country}?`,
    output: city,
    reward: 1,
  })),
  run: async (template, { variables, expected = "" }) => {
    const { text } = await long.invoke(await template.formatMessages(variables));
    return { score: scoreOf(text.trim(), expected) };
  },
  budget: { calls: 60 },
});
const status = await loop.getLearningStatus();
console.log(
  JSON.stringify({
    runs: Number(count),
    modelCalls: calls,
    chunks,
    decisions: status.decisionPoints.find((p) => p.decisionPoint === "length")?.decisions,
    prompts: { [poet]: mean(scores[poet]), [teacher]: mean(scores[teacher]) },
    shown,
    experiment: experiment?.ended?.text ?? "goes on",
    proposal: { from: plain, status: proposal.status, reason: proposal.reason, heldOut: proposal.heldOut },
  }),
);
await loop.close();
process.exit(0);
