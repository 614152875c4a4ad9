// Which tools a model gets to see: fewer to pay for and to mix up, as long as the right one is among them.
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { createAgent, tool } from "langchain";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { z } from "zod";

const rng = createRng(5);
const GROUPS = { travel: ["trains", "hotels", "weather"], money: ["prices", "invoices", "refunds"] };
const KINDS = Object.keys(GROUPS) as (keyof typeof GROUPS)[];
const ALL = KINDS.flatMap((kind) => GROUPS[kind]);
const input = z.object({ query: z.string() });
const tools = ALL.map((name) =>
  tool(() => `answered by ${name}`, { name, description: `Looks up ${name}.`, schema: input, returnDirect: true }),
);

/** Stands in for a chat model: among many tools it takes a wrong one now and then. */
class Forgetful extends BaseChatModel {
  constructor(private readonly offered: string[] = []) {
    super({});
  }
  _llmType(): string {
    return "forgetful";
  }
  override bindTools(bound: unknown[]) {
    return new Forgetful((bound as { name: string }[]).map((t) => t.name));
  }
  async _generate(messages: BaseMessage[]) {
    const asked = this.offered.find((name) => messages.at(-1)?.text.includes(name));
    const slips = asked === undefined || rng.next() < 0.08 * (this.offered.length - 1);
    const name = slips ? this.offered[rng.int(this.offered.length)] : asked;
    const message = new AIMessage({
      content: "",
      tool_calls: [{ id: `call-${rng.int(1e9)}`, name, args: { query: "" } }],
    });
    return { generations: [{ text: "", message }] };
  }
}

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const learned = loop.middleware({
  decisionPoint: "tools",
  choices: { all: {}, travel: { tools: GROUPS.travel }, money: { tools: GROUPS.money } },
  context: (request) => ({ question: request.messages.at(-1)?.text }),
  fallback: () => "all",
  exploration: 0.5,
});
const agent = createAgent({ model: new Forgetful(), tools, middleware: [learned] });
const graph = loop.wrap(agent.graph, { workflowType: "questions", capture: "callbacks" });

async function ask(count: number): Promise<string> {
  let right = 0;
  for (let i = 0; i < count; i++) {
    const wanted = ALL[rng.int(ALL.length)];
    const workflowId = `question-${rng.int(1e9)}`;
    const question = new HumanMessage(`What about the ${wanted}?`);
    const { messages } = await graph.invoke({ messages: [question] }, { metadata: { workflowId } });
    const isRight = messages.at(-1)?.text === `answered by ${wanted}`;
    right += isRight ? 1 : 0;
    await loop.feedback.submitOutcome(workflowId, isRight ? 1 : 0);
  }
  return `${((100 * right) / count).toFixed(0)} % right`;
}

console.log(`watching: ${await ask(500)}`);
for (const stage of ["on trial", "proven"]) {
  const cycle = await loop.triggerLearningCycle();
  console.log(cycle.steps.map((s) => `${s.component}: ${s.message}`).join("\n"));
  if (stage === "on trial") console.log(`${stage}: ${await ask(400)}`);
}
console.log(`learned, acting: ${await ask(100)}`);
