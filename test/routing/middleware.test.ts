import { Annotation, StateSchema } from "@langchain/langgraph";
import { AIMessage, createAgent, createMiddleware, fakeModel, modelRetryMiddleware, tool } from "langchain";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createLearnedMiddleware } from "../../src/routing/index.js";
import { promote, trainedArtifact } from "./support/policy.js";
import { createWorld } from "./support/world.js";

const look = tool(() => "found", { name: "look", description: "looks", schema: z.object({}) });
const order = tool(() => "ordered", { name: "order", description: "orders", schema: z.object({}) });

function build(world: ReturnType<typeof createWorld>, exploration = 0) {
  const strong = fakeModel();
  const cheap = fakeModel();
  const learned = createLearnedMiddleware(
    {
      decisionPoint: "model",
      choices: {
        cheap: { model: cheap, tools: ["look"], systemPrompt: "Be brief." },
        strong: { model: strong },
      },
      context: (request) => ({ topic: request.messages[0]?.text }),
      fallback: () => "strong",
      exploration,
    },
    world.deps,
  );
  return { strong, cheap, learned };
}

const ask = (text: string) => ({ messages: [{ role: "user" as const, content: text }] });

describe("learned middleware", () => {
  it("leaves the agent as it is where the choice says nothing, one decision per model call", async () => {
    const world = createWorld();
    const { strong, learned } = build(world);
    strong.respondWithTools([{ name: "order", args: {}, id: "1" }]).respond(new AIMessage("done"));
    const agent = createAgent({ model: strong, tools: [look, order], systemPrompt: "Help.", middleware: [learned] });
    const result = await agent.invoke(ask("invoice"));
    expect(result.messages.at(-1)?.text).toBe("done");
    expect(strong.calls[0]?.messages[0]?.text).toBe("Help.");
    expect(world.sink.view().map((d) => `${d.index} ${d.chosen} ${d.propensity}`)).toEqual([
      "0 strong 1",
      "1 strong 1",
    ]);
  });

  it("swaps model, tools and system prompt as the promoted policy says", async () => {
    const world = createWorld();
    const { strong, cheap, learned } = build(world);
    await promote(
      world.registry,
      trainedArtifact("model", ["cheap", "strong"], undefined, () => "cheap"),
    );
    await learned.ready();
    let tools: string[] = [];
    const bind = cheap.bindTools.bind(cheap);
    cheap.bindTools = (given) => {
      tools = given.map((t) => String(t.name));
      return bind(given);
    };
    cheap.respond(new AIMessage("short"));
    const agent = createAgent({ model: strong, tools: [look, order], systemPrompt: "Help.", middleware: [learned] });
    const result = await agent.invoke(ask("invoice"));
    expect(result.messages.at(-1)?.text).toBe("short");
    expect(tools).toEqual(["look"]);
    expect(cheap.calls[0]?.messages[0]?.text).toBe("Be brief.");
    expect(strong.callCount).toBe(0);
    expect(learned.status()).toMatchObject({ mode: "act", decisions: 1 });
  });

  it("says once which of a choice's tools the agent lacks", async () => {
    const world = createWorld();
    const strong = fakeModel();
    const choices = { few: { tools: ["look", "ordr"] }, all: {} };
    const learned = createLearnedMiddleware(
      { decisionPoint: "tools", choices, context: () => ({}), fallback: () => "few" },
      world.deps,
    );
    strong.respondWithTools([{ name: "look", args: {}, id: "1" }]).respond(new AIMessage("done"));
    await createAgent({ model: strong, tools: [look, order], middleware: [learned] }).invoke(ask("invoice"));
    expect(world.log.filter((line) => line.includes("ordr"))).toEqual([
      expect.stringMatching(/^warn: tools: no model call was offered the tool .*the nearest is order/),
    ]);
  });

  it("says nothing of a tool that another middleware hides from some calls, and tells of one that is never there", async () => {
    const world = createWorld();
    const model = fakeModel();
    const learned = createLearnedMiddleware(
      {
        decisionPoint: "tools",
        choices: { some: { tools: ["look", "order", "nowhere"] }, all: {} },
        context: () => ({}),
        fallback: () => "some",
      },
      world.deps,
    );
    let calls = 0;
    const hiding = createMiddleware({
      name: "hiding",
      wrapModelCall: (request, handler) =>
        handler(calls++ < 30 ? { ...request, tools: request.tools.filter((t) => t.name !== "order") } : request),
    });
    const agent = createAgent({ model, tools: [look, order], middleware: [hiding, learned] });
    const warnings = () => world.log.filter((line) => line.startsWith("warn"));
    for (let i = 0; i < 60; i++) {
      if (i === 49) expect(warnings()).toEqual([]);
      model.respond(new AIMessage("done"));
      await agent.invoke(ask("invoice"));
    }
    expect(warnings()).toEqual([
      expect.stringMatching(/offered the tool "nowhere".*a middleware before this one hides it/),
    ]);
  });

  it("keeps tools that run at the provider by their type", async () => {
    const world = createWorld();
    const strong = fakeModel();
    const given: unknown[][] = [];
    const bind = strong.bindTools.bind(strong);
    strong.bindTools = (tools) => {
      given.push(tools);
      return bind(tools);
    };
    const server = { type: "web_search_preview" };
    const gemini = { googleSearch: {} };
    const choices = { some: { tools: ["look", "web_search_preview", "googleSearch"] }, few: { tools: ["look"] } };
    for (const [fallback, expected] of [
      ["some", [look, server, gemini]],
      ["few", [look]],
    ] as const) {
      const learned = createLearnedMiddleware(
        { decisionPoint: `tools ${fallback}`, choices, context: () => ({}), fallback: () => fallback },
        world.deps,
      );
      strong.respond(new AIMessage("done"));
      await createAgent({ model: strong, tools: [look, order, server, gemini], middleware: [learned] }).invoke(
        ask("x"),
      );
      expect(given.at(-1)).toEqual(expected);
    }
    expect(world.log.filter((line) => line.startsWith("warn"))).toEqual([]);
  });

  it("sees the fields of the agent's state that it declares", async () => {
    const world = createWorld();
    const strong = fakeModel();
    strong.respond(new AIMessage("done"));
    const learned = createLearnedMiddleware(
      {
        decisionPoint: "state",
        choices: { a: {}, b: {} },
        stateSchema: z.object({ tier: z.string().default("free") }),
        context: ({ state }) => ({ tier: (state as unknown as { tier?: string }).tier }),
        fallback: () => "a",
      },
      world.deps,
    );
    const agent = createAgent({ model: strong, tools: [], middleware: [learned] });
    await agent.invoke({ ...ask("x"), tier: "gold" } as never);
    expect(world.sink.view()[0]?.context).toEqual({ tier: "gold" });
  });

  it("refuses a schema of which langchain would hand on no field", () => {
    const base = {
      decisionPoint: "state",
      choices: { a: {}, b: {} },
      context: () => ({}),
      fallback: () => "a" as const,
    };
    const { deps } = createWorld();
    for (const stateSchema of [Annotation.Root({ tier: Annotation<string>() }), { tier: z.string() }, {}])
      expect(() => createLearnedMiddleware({ ...base, stateSchema: stateSchema as never }, deps)).toThrow(
        /ROUTER_INVALID.*for stateSchema; expected a zod object or a StateSchema/,
      );
    const stateSchema = new StateSchema({ tier: z.string() });
    expect(() => createLearnedMiddleware({ ...base, stateSchema }, deps)).not.toThrow();
  });

  it("takes a model's name as createAgent does, and says which package is missing", async () => {
    const { deps } = createWorld();
    const learned = createLearnedMiddleware(
      {
        decisionPoint: "named",
        choices: { a: { model: "nobody:some-model" }, b: {} },
        context: () => ({}),
        fallback: () => "a",
      },
      deps,
    );
    await expect(learned.ready()).rejects.toMatchObject({ code: "ROUTER_INVALID" });
    await expect(learned.ready()).rejects.toThrow(/"nobody:some-model", which langchain cannot load/);
  });

  it("is one decision under a retrying middleware outside", async () => {
    for (let run = 0; run < 6; run++) {
      const world = createWorld(run);
      const { strong, cheap, learned } = build(world, 1);
      for (const model of [strong, cheap])
        model.respond(new Error("busy")).respond(new Error("busy")).respond(new AIMessage("ok"));
      const retry = modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1, jitter: false });
      const agent = createAgent({ model: strong, tools: [], middleware: [retry, learned] });
      await agent.invoke(ask("invoice"));
      expect(world.sink.written).toHaveLength(1);
      const used = world.sink.written[0]?.chosen === "cheap" ? cheap : strong;
      expect([used.callCount, strong.callCount + cheap.callCount]).toEqual([3, 3]);
    }
  });

  it("refuses options it does not know, and a single choice", () => {
    const { deps } = createWorld();
    const base = { decisionPoint: "model", context: () => ({}), fallback: () => "a" as const };
    expect(() => createLearnedMiddleware({ ...base, choices: { a: {} } }, deps)).toThrow("at least two ways");
    const misspelt = { a: { tolls: [] }, b: {} } as { a: object; b: object };
    expect(() => createLearnedMiddleware({ ...base, choices: misspelt }, deps)).toThrow("tolls");
    const extra = { ...base, choices: { a: {}, b: {} }, destinations: ["a"] };
    expect(() => createLearnedMiddleware(extra, deps)).toThrow("CONFIG_UNKNOWN_KEY");
  });
});
