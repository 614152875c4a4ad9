import { ChatPromptTemplate } from "@langchain/core/prompts";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent, createMiddleware } from "langchain";
import { describe, expect, it } from "vitest";
import { promptMiddleware, promptNode } from "../../src/prompts/index.js";
import { openWorld, supportPrompt } from "./support/world.js";

describe("prompts in graphs", () => {
  it("a node writes the run's version into the state and ties the run to it", async () => {
    const { prompts, pending } = await openWorld();
    await prompts.register("support", supportPrompt());
    const State = Annotation.Root({ ...MessagesAnnotation.spec, question: Annotation<string> });
    const graph = new StateGraph(State)
      .addNode(
        "prompt",
        promptNode(prompts, "support", {
          variables: (s: typeof State.State) => ({ question: s.question, language: "en" }),
          context: () => ({ topic: "x" }),
          into: "messages",
        }),
      )
      .addEdge(START, "prompt")
      .addEdge("prompt", END)
      .compile();
    const result = await graph.invoke({ question: "Where?" }, { metadata: { workflowId: "w7" } });
    expect(result.messages.map((m) => m.text)).toEqual(["Answer the customer.", "Where? (language: en)"]);
    expect(pending).toHaveLength(1);
    expect(pending[0]).toMatchObject({ workflowId: "w7", chosen: "v1", context: { topic: "x" } });
  });

  it("a middleware gives createAgent its system message", async () => {
    const { prompts, pending } = await openWorld();
    await prompts.register("agent", ChatPromptTemplate.fromMessages([["system", "You are {role}."]]));
    const seen: string[] = [];
    const spy = createMiddleware({
      name: "spy",
      wrapModelCall: (request, next) => {
        seen.push(...[request.systemMessage, ...request.messages].map((m) => m.text));
        return next(request);
      },
    });
    const agent = createAgent({
      model: new FakeListChatModel({ responses: ["hello"] }),
      tools: [],
      middleware: [promptMiddleware(prompts, "agent", { variables: () => ({ role: "a poet" }) }), spy],
    });
    await agent.invoke({ messages: [{ role: "user", content: "Hi" }] }, { metadata: { workflowId: "w8" } });
    expect(seen).toEqual(["You are a poet.", "Hi"]);
    expect(pending.map((d) => d.workflowId)).toEqual(["w8"]);
  });
});
