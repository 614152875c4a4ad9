import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { createAgent, tool } from "langchain";
import { type CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { promptMiddleware } from "langgraph-collective-learning/prompts";
import { z } from "zod";
import { ScriptedModel } from "../recipes/scripted-model.js";
import { progressBar } from "./progress.js";

const QUESTIONS = [
  { text: "where is my parcel", tool: "orders", isHard: false },
  { text: "explain why my parcel is late", tool: "orders", isHard: true },
  { text: "what does the lamp cost", tool: "prices", isHard: false },
  { text: "explain why the lamp costs more than the chair", tool: "prices", isHard: true },
] as const;
type Question = (typeof QUESTIONS)[number];

const asked = z.object({ text: z.string() });
const look = (name: string) =>
  tool(({ text }) => text, { name, description: `looks up ${name}`, schema: asked, returnDirect: true });

/** Takes the first tool that it sees; the small one cannot explain; both are as kind as they are told to be. */
const scripted = (size: "small" | "large") =>
  new ScriptedModel((messages, tools) => {
    const used = tools[0] ?? "none";
    const question = messages.at(-1)?.text ?? "";
    const answer = question.includes("explain") && size === "small" ? "I do not know" : `what ${used} say`;
    const isKind = messages[0]?.text.includes("name");
    return { tool: used, args: { text: `${isKind ? "Dear Ann, " : ""}${answer} (${size} model)` } };
  });

/** Right tool 0.4, an explanation where one was asked for 0.3, kindness 0.2, and 0.1 for what the small model saves. */
function scoreOf(answer: string, question: Question): number {
  const isRight = answer.includes(`what ${question.tool}`) ? 0.4 : 0;
  const isExplained = answer.includes("I do not know") ? 0 : 0.3;
  return isRight + isExplained + (answer.startsWith("Dear") ? 0.2 : 0) + (answer.includes("small") ? 0.1 : 0);
}

/** What the second scene happens in: the loop, and what lets its clock go on. */
interface Stage {
  loop: CollectiveLearningLoop;
  advance(ms: number): void;
  seed: number;
  isShort: boolean;
}

/** The second scene: an agent that learns which tools, which model and which prompt, its answers shown. */
export async function agentScene({ loop, advance, seed, isShort }: Stage): Promise<void> {
  const make = (text: string) => ChatPromptTemplate.fromMessages([["system", text]]);
  const plain = await loop.prompts.register("desk", make("Answer the customer."));
  const kind = await loop.prompts.register("desk", make("Answer the customer by name."));
  await loop.prompts.startExperiment({ promptId: "desk", variants: [plain, kind], minimumEffect: 0.05 });
  const small = scripted("small");
  const large = scripted("large");
  const agent = createAgent({
    model: large,
    tools: [look("orders"), look("prices")],
    middleware: [
      promptMiddleware(loop.prompts, "desk"),
      loop.middleware({
        decisionPoint: "way",
        choices: {
          "small, orders": { model: small, tools: ["orders"] },
          "small, prices": { model: small, tools: ["prices"] },
          "large, orders": { model: large, tools: ["orders"] },
          "large, prices": { model: large, tools: ["prices"] },
        },
        context: ({ messages }: { messages: BaseMessage[] }) => ({ question: messages.at(-1)?.text }),
        fallback: () => "small, orders",
        exploration: 0.5,
      }),
    ],
  });
  const graph = loop.wrap(agent.graph, { workflowType: "desk", capture: "callbacks" });
  const rng = createRng(`${seed}/agents`);
  let runs = 0;
  const answerTo = async (question: Question) => {
    const workflowId = `desk-${runs++}`;
    const input = { messages: [new HumanMessage(question.text)] };
    const { messages } = await graph.invoke(input, { metadata: { workflowId } });
    const answer = messages.findLast((m) => !AIMessage.isInstance(m))?.text ?? "";
    const score = scoreOf(answer, question);
    await loop.feedback.submitOutcome(workflowId, score);
    advance(60_000);
    return { answer, score };
  };
  const serve = async (title: string, count: number) => {
    const bar = progressBar(title, count);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += (await answerTo(QUESTIONS[rng.int(QUESTIONS.length)] as Question)).score;
      bar.update(i + 1);
    }
    bar.finish();
    return sum / count;
  };
  const show = async (when: string) => {
    console.log(`  ${when}:`);
    for (const question of QUESTIONS)
      console.log(`    ${question.text.padEnd(48)} ${(await answerTo(question)).answer}`);
  };

  console.log("\n4 an agent: which tools, which model and which prompt, with a scripted model");
  await show("before");
  const before = await serve("  watching", isShort ? 140 : 160);
  for (let round = 0; round < 2; round++) {
    advance(86_400_000); // judgements that may still come are waited for
    const { steps } = await loop.triggerLearningCycle();
    for (const s of steps)
      if (/^routing\/way$|^prompt/.test(s.component)) console.log(`  ${s.component}: ${s.message}`);
    if (round === 0) await serve("  on trial", isShort ? 70 : 80);
  }
  const after = await serve("  learned", 40);
  await show("after");
  console.log(`  mean reward ${before.toFixed(2)} before, ${after.toFixed(2)} after`);
}
