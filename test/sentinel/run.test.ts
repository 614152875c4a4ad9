import { AIMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { advance, DEFAULT_RULES, initialState, planAction, survey } from "../../src/orchestration/index.js";
import {
  AGENT_ROLES,
  createRoleAgent,
  createSentinelOrchestrator,
  rolePrompt,
  type SentinelAgent,
} from "../../src/sentinel/index.js";
import { config, input, scanner, scripted, sentinel } from "./support/crew.js";

describe("a Sentinel on its baseline", () => {
  it("uses the concurrency that an agent is declared for, although nothing fails", async () => {
    const tasks = Array.from({ length: 40 }, (_, i) => ({ id: `${i}`, title: `${i}` }));
    const agents = [scripted("crowd", [], undefined, { concurrency: 20 })];
    const out = await createSentinelOrchestrator({ agents, rules: { parallelism: 20 }, budget: { steps: 12 } })
      .compile()
      .invoke({ goal: "g", tasks }, config);
    expect(out.finalReport?.tasks).toEqual({ accepted: 40, open: 0, abandoned: 0 });
    expect(out.steps.filter((s) => s.action === "monitorSystem")).toHaveLength(1);
  });

  it("finds, does, merges and reports all the work", async () => {
    const out = await sentinel().compile().invoke(input, config);
    expect(out.finalReport).toMatchObject({
      goal: "an atlas",
      reason: "complete",
      tasks: { accepted: 6, open: 0, abandoned: 0 },
      workflows: { complete: 2, open: 0, abandoned: 0 },
      meanQuality: expect.closeTo(0.8, 9),
    });
    expect(out.finalReport?.merged.map((m) => m.workflow)).toEqual(["a", "b"]);
    expect(out.finalReport?.merged[0]?.content).toBe(
      "a research 1: researcher: a research 1\na language 2: linguist: a language 2\na narrative 3: weaver: a narrative 3",
    );
    expect(out.spent.tokens).toBe(6 * 10 + 2 * 5);
    expect(out.steps.map((s) => s.step)).toEqual(out.steps.map((_, i) => i));
    expect(out.fallbacks).toEqual({});
  });

  it("goes through the states that the pure transitions give", async () => {
    const rules = { ...DEFAULT_RULES, inspiration: true };
    const out = await sentinel().compile().invoke(input, config);
    let state = initialState({
      ...input,
      agents: [
        { name: "researcher", capabilities: ["research"] },
        { name: "linguist", capabilities: ["language"] },
        { name: "weaver", capabilities: ["narrative", "language"] },
      ],
    });
    for (const { step, action } of out.steps) {
      const plan = planAction(survey(state, rules), action);
      const merged =
        action === "coordinateWorkflow"
          ? Object.fromEntries(out.activeWorkflows.map((w) => [w.id, w.result as string]))
          : {};
      state = advance(
        state,
        plan,
        {
          runs: out.agentResponses.filter((r) => r.step === step),
          merged,
          ...(action === "scanTerritories"
            ? {
                tokens: 5,
                found: await scanner(
                  input.territories.filter((t) => plan.territories.includes(t.id)) as never,
                  {} as never,
                ),
              }
            : {}),
          ...(action === "requestInspiration"
            ? { insights: out.insights.slice(state.insights.length, state.insights.length + 1) }
            : {}),
        },
        rules,
      );
    }
    expect(state.tasks).toEqual(out.taskQueue);
    expect(state.agents).toEqual(out.agents);
    expect(state.spent).toEqual(out.spent);
    expect(state.report?.satisfaction).toBe(out.finalReport?.satisfaction);
  });

  it("runs several agents at the same time", async () => {
    let running = 0;
    let most = 0;
    let release = () => {};
    const met = new Promise<void>((resolve) => {
      release = resolve;
    });
    const meet = async () => {
      running++;
      most = Math.max(most, running);
      if (running === 2) release();
      await met;
      return "met";
    };
    const agents = [scripted("one", ["x"], meet), scripted("two", ["y"], meet)];
    const tasks = [
      { id: "1", title: "1", capabilities: ["x"] },
      { id: "2", title: "2", capabilities: ["y"] },
    ];
    const out = await createSentinelOrchestrator({ agents }).compile().invoke({ goal: "meet", tasks }, config);
    expect(most).toBe(2);
    expect(out.steps.map((s) => s.action)).toEqual(["dispatchMultipleAgents", "coordinateWorkflow", "completeTask"]);
  });

  it("gives creative work a fresh insight and results it builds on", async () => {
    const briefs: string[] = [];
    const weaver = scripted("weaver", ["narrative", "language"], (b) => {
      briefs.push(b.prompt);
      return "a tale";
    });
    const agents = [scripted("researcher", ["research"]), scripted("linguist", ["language"]), weaver];
    await sentinel({ agents })
      .compile()
      .invoke({ ...input, territories: input.territories.slice(0, 1) }, config);
    expect(briefs).toEqual([
      "Goal: an atlas\nTask: a narrative 3\nBuild on these results:\n- a research 1: researcher: a research 1\n- a language 2: linguist: a language 2\nA thought to start from: water remembers",
    ]);
  });

  it("reassigns failures, notices a failing agent, retires it, and still delivers", async () => {
    const broken = scripted("broken", ["x"], () => Promise.reject(new Error("503")), { quality: 0.9 });
    const sound = scripted("sound", ["x"], undefined, { quality: 0.6 });
    const tasks = Array.from({ length: 9 }, (_, i) => ({ id: `${i}`, title: `${i}`, capabilities: ["x"] }));
    const out = await createSentinelOrchestrator({ agents: [broken, sound] })
      .compile()
      .invoke({ goal: "g", tasks }, config);
    expect(out.finalReport).toMatchObject({ reason: "complete", tasks: { accepted: 9 }, retiredAgents: ["broken"] });
    expect(out.agentResponses.find((r) => !r.ok)?.error).toBe("503");
    expect(out.agents[0]?.health.reliability).toBeLessThan(0.5);
    expect(out.agents[0]).toMatchObject({ status: "retired", slots: 0, load: 0 });
    const actions = new Set(out.steps.map((s) => s.action));
    expect(actions.has("monitorSystem") && actions.has("optimizeResources")).toBe(true);
  });

  it("aborts an agent that takes too long", async () => {
    const clock = new ManualClock();
    let aborted = false;
    const slow: SentinelAgent = {
      name: "slow",
      capabilities: [],
      timeoutMs: 50,
      runnable: {
        invoke: (_brief: never, c) =>
          new Promise((_, reject) => {
            c?.signal?.addEventListener("abort", () => {
              aborted = true;
              reject(new Error("aborted"));
            });
            clock.advance(50);
          }),
      },
    };
    const tasks = [{ id: "1", title: "1" }];
    const out = await createSentinelOrchestrator({ agents: [slow], clock, rules: { maxAttempts: 1 } })
      .compile()
      .invoke({ goal: "g", tasks }, config);
    expect(aborted).toBe(true);
    expect(out.agentResponses[0]).toMatchObject({ ok: false, durationMs: 50 });
    expect(out.agentResponses[0]?.error).toMatch(/no answer from slow within 50 ms/);
    expect(out.finalReport?.tasks.abandoned).toBe(1);
  });

  it("merges a workflow's results as it is told", async () => {
    const out = await sentinel({ merge: ({ id, results }) => `${id}: ${results.length} results` })
      .compile()
      .invoke(input, config);
    expect(out.finalReport?.merged).toEqual([
      { workflow: "a", content: "a: 3 results" },
      { workflow: "b", content: "b: 3 results" },
    ]);
  });

  it("survives a scanner, a merger and an inspiration source that fail", async () => {
    const log: string[] = [];
    const logger = { debug() {}, info() {}, warn: (m: string) => void log.push(m), error() {} };
    const fail = () => Promise.reject(new Error("down"));
    const tasks = [{ id: "1", title: "1", capabilities: ["narrative"], creative: true }];
    const out = await sentinel({ scanner: fail, merge: fail, inspiration: fail, logger })
      .compile()
      .invoke({ ...input, tasks }, config);
    expect(out.finalReport).toMatchObject({ reason: "complete", tasks: { accepted: 1 } });
    expect(new Set(log)).toEqual(
      new Set([
        "sentinel: the scanner failed",
        "sentinel: the inspiration source failed",
        "sentinel: merging 1 failed",
      ]),
    );
  });

  it("ends in order, with its report, where LangGraph's recursion limit leaves no more room", async () => {
    const log: unknown[] = [];
    const logger = { debug() {}, info() {}, warn: (...line: unknown[]) => void log.push(line), error() {} };
    const out = await sentinel({ logger }).compile().invoke(input, { recursionLimit: 25 });
    expect(log).toEqual([
      [
        expect.stringMatching(/recursionLimit ends the run after at most \d steps/),
        { recursionLimit: 25, wanted: config.recursionLimit },
      ],
    ]);
    expect(out.finalReport?.reason).toBe("budget");
    expect(out.finalReport?.spent.steps).toBeLessThanOrEqual(8);
  });
});

describe("agents of every kind", () => {
  it("takes compiled graphs, createAgent agents, models in a role, and any Runnable", async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("answer", (s) => ({
        messages: [
          new AIMessage({
            content: `graph saw: ${String(s.messages.at(-1)?.content).split("\n")[1]}`,
            usage_metadata: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
          }),
        ],
      }))
      .addEdge(START, "answer")
      .addEdge("answer", END)
      .compile();
    const agent = createAgent({ model: new FakeListChatModel({ responses: ["from createAgent"] }), tools: [] });
    const model = new FakeListChatModel({ responses: ["from a model"] });
    const own = RunnableLambda.from((text: string) => text.toUpperCase());
    const agents: SentinelAgent[] = [
      { name: "graphAgent", capabilities: ["g"], runnable: graph as never },
      { name: "reactAgent", capabilities: ["r"], runnable: agent as never },
      createRoleAgent(AGENT_ROLES.linguist, model as never),
      { name: "own", capabilities: ["o"], runnable: own as never, input: (b) => b.task.title },
    ];
    const tasks = ["g", "r", "language", "o"].map((c) => ({ id: c, title: `do ${c}`, capabilities: [c] }));
    const out = await createSentinelOrchestrator({ agents, rules: { parallelism: 4 } })
      .compile()
      .invoke({ goal: "x", tasks }, config);
    expect(Object.fromEntries(out.agentResponses.map((r) => [r.agent, r.content]))).toEqual({
      graphAgent: "graph saw: Task: do g",
      reactAgent: "from createAgent",
      linguist: "from a model",
      own: "DO O",
    });
    expect(out.spent.tokens).toBe(7);
  });

  it("fills a role's prompt with the brief", () => {
    const prompt = rolePrompt(AGENT_ROLES.loreWeaver, {
      goal: "G {task}",
      task: { id: "t", title: "T", description: "D", capabilities: [], creative: true, workflow: "w" },
      context: [{ title: "C", content: "c" }],
      prompt: "",
    });
    expect(prompt).toContain("Goal of the whole undertaking: G {task}");
    expect(prompt).toContain("Your task: T. D");
    expect(prompt).toContain("- C: c");
    expect(prompt).toContain("A thought to start from: (none)");
    expect(Object.keys(AGENT_ROLES)).toHaveLength(7);
  });

  it("uses an evaluator's judgement before the agent's own", async () => {
    const tasks = [{ id: "1", title: "1" }];
    const invoke = (assess?: () => number) =>
      createSentinelOrchestrator({ agents: [scripted("a", [])], assess })
        .compile()
        .invoke({ goal: "g", tasks }, config);
    expect((await invoke()).finalReport?.meanQuality).toBe(0.8);
    expect((await invoke(() => 0.3)).finalReport?.meanQuality).toBe(0.3);
  });
});
