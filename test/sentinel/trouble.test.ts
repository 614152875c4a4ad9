import { Command, MemorySaver } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../../src/core/index.js";
import { initialState } from "../../src/orchestration/index.js";
import { createSentinelOrchestrator, type SentinelOptions } from "../../src/sentinel/index.js";
import { withTimeLimit } from "../../src/sentinel/time-limit.js";
import { config, input, policyFor, scripted, sentinel } from "./support/crew.js";

const task = (id: string, more: object = {}) => ({ id, title: id, ...more });
const territories = [task("t")];

/** One agent, one territory, and whatever else is given; with the warnings that were logged. */
async function run(options: Partial<SentinelOptions>, start: object = { tasks: [task("1")] }) {
  const log: string[] = [];
  const logger = { debug() {}, info() {}, warn: (m: string) => void log.push(m), error() {} };
  const graph = createSentinelOrchestrator({ agents: [scripted("a", [])], logger, ...options }).compile();
  const out = await graph.invoke({ goal: "g", ...start }, config);
  return { ...out, log, errors: out.steps.flatMap((s) => s.error ?? []) };
}

describe("agents that answer badly", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a state without messages", { messages: [] }],
    ["a message that is none", { messages: [null] }],
    ["an empty text", ""],
    ["a blank message", { messages: [{ content: " \n" }] }],
    ["a message without parts", { content: [] }],
    ["a function", () => "the answer"],
    ["a message whose content is a function", { content: () => "the answer" }],
    ["a part whose text is a function", { content: [{ type: "text", text: () => "the answer" }] }],
    ["what JSON cannot hold", { total: 5n }],
  ])("count as failed: %s", async (_what, answer) => {
    const out = await run({ agents: [scripted("a", [], () => answer)], rules: { maxAttempts: 1 } });
    expect(out.finalReport?.tasks).toEqual({ accepted: 0, open: 0, abandoned: 1 });
    expect(out.agentResponses[0]?.error).toMatch(/received the answer .*expected a text, a message/);
  });

  it.each([
    ["negative", { content: "x", tokens: -5, costUsd: -5 }],
    ["text", { content: "x", usage_metadata: { total_tokens: "12" }, costUsd: "3" }],
    ["NaN", { content: "x", usage_metadata: { total_tokens: Number.NaN }, costUsd: Number.NaN }],
    ["in messages", { messages: [{ content: "x", usage_metadata: { total_tokens: Number.NaN } }], costUsd: -1 }],
  ])("cost nothing where the amounts are no amounts: %s", async (_what, answer) => {
    const out = await run({ agents: [scripted("a", [], () => answer)] });
    expect(out.finalReport?.results).toMatchObject([{ content: "x" }]);
    expect(out.spent).toMatchObject({ tokens: 0, costUsd: 0 });
  });

  it("are given up when they hang, and their siblings' results stay", async () => {
    const clock = new ManualClock();
    const hang = scripted("hang", ["h"], () => {
      setImmediate(() => clock.advance(10));
      return new Promise(() => {});
    });
    const agents = [{ ...hang, timeoutMs: 10 }, scripted("a", ["x"]), scripted("b", ["x"], () => Promise.reject("no"))];
    const tasks = [
      task("1", { capabilities: ["h"] }),
      task("2", { capabilities: ["x"] }),
      task("3", { capabilities: ["x"] }),
    ];
    const out = await run({ agents, clock, rules: { maxAttempts: 1 } }, { tasks });
    expect(out.steps[0]?.action).toBe("dispatchMultipleAgents");
    expect(out.agentResponses.map((r) => [r.agent, r.ok])).toEqual([
      ["hang", false],
      ["a", true],
      ["b", false],
    ]);
    expect(out.finalReport?.tasks).toEqual({ accepted: 1, open: 0, abandoned: 2 });
  });
});

it("what hangs is waited for no longer once the run is stopped", async () => {
  const stop = new AbortController();
  const hanging = () =>
    withTimeLimit("a", Number.POSITIVE_INFINITY, systemClock, stop.signal, () => new Promise(() => {}));
  const waiting = hanging();
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
  await expect(hanging()).rejects.toThrow("stopped");
});

describe("an evaluator that fails", () => {
  it.each([
    ["throws", () => Promise.reject(new Error("judge down"))],
    ["gives text", () => "0.3" as never],
    ["gives NaN", () => Number.NaN],
  ])("is no fault of the agent's: %s", async (_what, assess) => {
    const out = await run({ assess });
    expect(out.finalReport).toMatchObject({ meanQuality: 0.8, tasks: { accepted: 1, abandoned: 0 } });
    expect(out.log).toEqual(["sentinel: judging 1 failed; the agent's own quality counts"]);
  });
});

describe("a scanner that answers badly", () => {
  const scan = (answer: unknown) => run({ scanner: () => answer as never }, { territories });

  it("keeps what is sound of it, says what is not, and pays for all", async () => {
    const out = await scan({
      tasks: [
        task("ok"),
        task("ok"),
        task("after", { dependsOn: ["ok"] }),
        task("x", { dependsOn: ["y"] }),
        task("y", { dependsOn: ["x"] }),
        task("behind", { dependsOn: ["x"] }),
        task("self", { dependsOn: ["self"] }),
        task("lost", { dependsOn: ["nowhere"] }),
        { title: "nameless" },
        null,
      ],
      territories: [{ title: "nameless" }],
      exhausted: ["t"],
      tokens: 7,
    });
    expect(out.finalReport?.results.map((r) => r.taskId)).toEqual(["ok", "after"]);
    expect(out.spent.tokens).toBe(7 + 2 * 10);
    expect(out.log).toEqual(["sentinel: the scanner found what is no work"]);
    for (const word of [
      "x depends",
      "y depends",
      "behind depends",
      "self depends",
      "lost depends",
      "no task",
      "no territory",
    ])
      expect(out.errors[0]).toContain(word);
  });

  it.each([
    ["null", null],
    ["text", "nothing"],
    ["tasks that are no list", { tasks: { a: 1 } }],
    ["exhausted that is no list", { exhausted: 5 }],
    ["amounts that are none", { tokens: Number.NaN, costUsd: "9" }],
  ])("has found nothing: %s", async (_what, answer) => {
    const out = await scan(answer);
    expect(out.finalReport?.tasks).toEqual({ accepted: 0, open: 0, abandoned: 0 });
    expect(out.spent).toMatchObject({ tokens: 0, costUsd: 0 });
  });

  it.each([
    ["a list", [task("1")], /\[{"id":"1","title":"1"}\] is no object with tasks/],
    ["text", "nothing", /"nothing" is no object with tasks/],
    ["tasks that are no list", { tasks: task("1") }, /tasks = {"id":"1","title":"1"} is no list/],
    ["exhausted that is no list", { exhausted: "t" }, /exhausted = "t" is no list/],
  ])("says so where it gave %s", async (_what, answer, message) => {
    const out = await scan(answer);
    expect(out.errors[0]).toMatch(message);
    expect(out.log).toContain("sentinel: the scanner found what is no work");
  });

  it("may find nothing without a word", async () => {
    expect((await scan(undefined)).errors).toEqual([]);
    expect((await scan({ tasks: undefined })).errors).toEqual([]);
  });

  it("leaves its error in the step's record", async () => {
    const out = await run({ scanner: () => Promise.reject(new Error("403")) }, { territories });
    expect(out.errors).toEqual(["403", "403"]);
  });

  it("is given up when it hangs", async () => {
    const clock = new ManualClock();
    const scanner = () => {
      setImmediate(() => clock.advance(50));
      return new Promise<never>(() => {});
    };
    const out = await run({ scanner, clock, timeoutMs: 50 }, { territories });
    expect(out.errors[0]).toMatch(/no answer from the scanner within 50 ms/);
    expect(out.finalReport?.reason).toBe("complete");
  });
});

it.each([
  ["a number", 5],
  ["texts that are none", { insights: "abc" }],
  ["things", [{ a: 1 }]],
])("an inspiration source that gives %s has given nothing", async (_what, answer) => {
  const out = await run({ inspiration: () => answer as never }, { tasks: [task("1", { creative: true })] });
  expect(out.insights).toEqual([]);
  expect(out.errors[0]).toMatch(/instead of texts/);
  expect(out.finalReport?.tasks.accepted).toBe(1);
});

it("a merger that gives no text leaves the results one under the other", async () => {
  const out = await run({ merge: () => ({}) as never });
  expect(out.finalReport?.merged).toEqual([{ workflow: "1", content: "1: a: 1" }]);
  expect(out.errors[0]).toMatch(/merge gave {}, which is no text/);
});

it("a budget that ends the run before the merge keeps what came in", async () => {
  const out = await run({ budget: { tokens: 5 } });
  expect(out.finalReport).toMatchObject({ reason: "budget", results: [], tasks: { accepted: 0, open: 1 } });
  expect(out.finalReport?.unmerged).toMatchObject([{ taskId: "1", content: "a: 1", quality: 0.8 }]);
});

it("takes ten thousand tasks in a row, and names a circle among tasks", async () => {
  const tasks = Array.from({ length: 10_000 }, (_, i) => task(`${i}`, { dependsOn: i === 0 ? [] : [`${i - 1}`] }));
  expect(initialState({ goal: "g", agents: [scripted("a", [])], tasks }).tasks).toHaveLength(10_000);
  const circle = [task("a"), task("b", { dependsOn: ["a", "c"] }), task("c", { dependsOn: ["b"] })];
  await expect(run({}, { tasks: circle })).rejects.toThrow(
    /received b -> c -> b; expected dependencies without a cycle/,
  );
});

it.each([
  ["tasks", { tasks: [task("1"), task("1", { title: "another" })] }],
  ["territories", { territories: [task("1"), task("1")] }],
])("refuses two %s of one id at the start, instead of losing one", async (what, start) => {
  const twice = run({ scanner: () => ({}) }, start);
  await expect(twice).rejects.toThrow(`received two ${what} with the id "1"; expected unique ids`);
});

describe("refuses", () => {
  const agent = scripted("a", []);
  it.each([
    ["no agents", { agents: [] }, /at least one agent/],
    ["two of one name", { agents: [agent, agent] }, /two agents named "a"; expected unique names/],
    ["a name of the state's", { agents: [scripted("runs", [])] }, /SENTINEL_INVALID.*an agent named "runs"/],
    ["a name of every object's", { agents: [scripted("constructor", [])] }, /an agent named "constructor"/],
    ["no capabilities", { agents: [{ ...agent, capabilities: undefined }] }, /a\.capabilities = undefined/],
    ["a quality of five", { agents: [{ ...agent, quality: 5 }] }, /a\.quality = 5; expected a number in \[0,1\]/],
    ["a timeout of NaN", { agents: [{ ...agent, timeoutMs: Number.NaN }] }, /a\.timeoutMs = .*milliseconds above 0/],
    ["a misspelt field", { agents: [{ ...agent, concurency: 2 }] }, /"concurency" in the agent a.*mean "concurrency"/],
    ["an unknown option", { aproval: ["completeTask"] }, /unknown key "aproval".*Did you mean "approval"/],
    ["an unknown limit", { budget: { step: 3 } }, /unknown key "step".*Did you mean "steps"/],
    ["a limit that is none", { budget: { tokens: Number.NaN } }, /for tokens; expected a finite number from 0/],
    ["no parallelism", { rules: { parallelism: 0 } }, /received 0 for parallelism; expected a whole number from 1/],
    ["too much exploration", { exploration: 2 }, /received 2 for exploration; expected a number in \[0,1\]/],
    [
      "a loop and a policy",
      { policy: policyFor("completeTask"), loop: {} },
      /a loop and a policy; expected one of them/,
    ],
  ])("%s", (_what, options, message) => {
    expect(() => createSentinelOrchestrator({ agents: [agent], ...options } as never)).toThrow(message);
  });
});

describe("approval", () => {
  const thread = { ...config, configurable: { thread_id: "t" } };
  type Asked = { __interrupt__?: { value: { action: string; alternatives: string[]; problem?: string } }[] };

  async function ask(approval: SentinelOptions["approval"], ...answers: unknown[]) {
    const done: string[] = [];
    const agents = [
      scripted("researcher", ["research", "language", "narrative"], (b) => {
        done.push(b.task.id);
        return "x";
      }),
    ];
    const graph = sentinel({ approval, agents }).compile({ checkpointer: new MemorySaver() });
    let out = (await graph.invoke(input, thread)) as Asked;
    const asked = [];
    for (const answer of answers) {
      asked.push(out.__interrupt__?.[0]?.value);
      out = (await graph.invoke(new Command({ resume: answer }) as never, thread)) as Asked;
    }
    const { values } = await graph.getState(thread);
    return { asked, done, values, open: out.__interrupt__?.[0]?.value };
  }

  it("never does instead what needs approval itself: it asks about that too", async () => {
    const everything = [
      "scanTerritories",
      "dispatchSingleAgent",
      "dispatchMultipleAgents",
      "requestInspiration",
      "coordinateWorkflow",
    ] as const;
    const { asked, done, open } = await ask(everything, true, false, false);
    expect(asked.map((a) => a?.action)).toEqual(["scanTerritories", "scanTerritories", "dispatchSingleAgent"]);
    expect(open?.action).toBe("requestInspiration");
    expect(done).toEqual([]);
  });

  it("ends the run where everything was refused", async () => {
    const { values, done } = await ask(["scanTerritories", "requestInspiration"], false, false);
    expect(values.finalReport).toMatchObject({ reason: "chosen", tasks: { accepted: 0 } });
    expect(values.steps.map((s: { action: string; why: string }) => [s.action, s.why])).toEqual([
      ["completeTask", "nothing is left, scanTerritories, requestInspiration was refused"],
    ]);
    expect(done).toEqual([]);
  });

  it("lets a person end the run at any time", async () => {
    const { asked, values } = await ask(["scanTerritories"], { action: "completeTask" });
    expect(asked[0]?.alternatives).toContain("completeTask");
    expect(values.finalReport?.reason).toBe("chosen");
  });

  it("asks again where the answer is none", async () => {
    const { asked, open } = await ask(
      ["scanTerritories"],
      "yes",
      { action: "launch" },
      { action: "coordinateWorkflow" },
    );
    expect(asked[0]?.problem).toBeUndefined();
    expect(asked[1]?.problem).toMatch(/"yes" is neither true, false nor/);
    expect(asked[2]?.problem).toMatch(/launch/);
    expect(open).toMatchObject({ action: "scanTerritories", problem: expect.stringMatching(/coordinateWorkflow/) });
  });
});
