import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StateGraph } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { CollectiveLearningLoop, type Logger, ManualClock, UserFeedback } from "langgraph-collective-learning";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStore, openFileStore } from "../../src/store/index.js";
import { TEAMS, TriageState, ticketOffice, triageGraph } from "../support/triage.js";

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "bad-"));
  folders.push(made);
  return made;
};
afterEach(() => {
  for (const f of folders.splice(0)) rmSync(f, { recursive: true, force: true });
});
const noted = () => {
  const lines: string[] = [];
  const at = (level: string) => (message: string, data?: unknown) =>
    lines.push(`${level} ${message} ${JSON.stringify(data)}`);
  return {
    lines,
    logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } satisfies Logger,
  };
};

describe("a wrong configuration", () => {
  it.each([
    [{ learningIntervalMinute: 5 }, /CONFIG_UNKNOWN_KEY.*learningIntervalMinutes/],
    [{ learningIntervalMinutes: 0 }, /CONFIG_INVALID.*received 0 for learningIntervalMinutes/],
    [{ learningIntervalMinutes: 1e300 }, /CONFIG_INVALID.*1e\+300 for learningIntervalMinutes.*at most 5270400/],
    [{ feedbackRequestThreshold: 1.5 }, /CONFIG_INVALID.*1\.5/],
    [{ gate: { risklevel: 0.1 } }, /CONFIG_UNKNOWN_KEY.*"risklevel" in gate of.*mean "riskLevel"/],
    [{ gate: { riskLevel: 0.9 } }, /CONFIG_INVALID.*0\.9 for gate\.riskLevel/],
    [{ dataCleanup: { maxAge: 3 } }, /CONFIG_UNKNOWN_KEY.*mean "maxAgeDays"/],
    [{ rewardWeights: { latencyHalfMs: 0 } }, /CONFIG_INVALID.*0 for rewardWeights\.latencyHalfMs.*above 0/],
    [{ rewardWeights: { thumb: 1 } }, /CONFIG_UNKNOWN_KEY.*mean "thumbs"/],
    [{ capture: { redacted: "email" } }, /CONFIG_UNKNOWN_KEY.*mean "redact"/],
    [{ capture: { buffer: { maxRecord: 1 } } }, /CONFIG_UNKNOWN_KEY.*mean "maxRecords"/],
    [{ logger: { info() {} } }, /CONFIG_INVALID.*logger/],
    [{ batchSize: 2.5 }, /CONFIG_INVALID.*batchSize/],
    [{ capture: { sampleRate: 7 } }, /CONFIG_INVALID.*sampleRate/],
    ["./learning", /CONFIG_INVALID.*expected an object/],
  ])("%j is refused by name", async (config, words) => {
    const given = typeof config === "string" ? config : { storagePath: folder(), ...config };
    await expect(CollectiveLearningLoop.open(given as never)).rejects.toThrow(words);
  });
});

describe("wrap", () => {
  it("refuses an option it does not know: a mistyped `redact` would store what should not be", async () => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    const graph = triageGraph(loop);
    const options = { workflowType: "w", redcat: ["email"] };
    expect(() => loop.wrap(graph, options)).toThrow(/CONFIG_UNKNOWN_KEY.*mean "redact"/);
    expect(() => loop.handler(options)).toThrow(/CONFIG_UNKNOWN_KEY.*mean "redact"/);
    await loop.close();
  });
});

describe("a decision point", () => {
  it.each([null, undefined, "team"])("%j is refused for its options", async (options) => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    const ways = ["router", "commandRouter", "policyNode", "advisorGraph", "middleware"] as const;
    const untyped = loop as unknown as Record<string, (options: unknown) => unknown>;
    for (const way of ways) expect(() => untyped[way]?.(options)).toThrow(/ROUTER_INVALID.*expected an object/);
    await loop.close();
  });

  it("declared again with other destinations is told of, once", async () => {
    const { lines, logger } = noted();
    const loop = await CollectiveLearningLoop.open({ storagePath: folder(), logger });
    const declare = (...destinations: string[]) =>
      loop.router({
        decisionPoint: "team",
        destinations,
        context: () => ({}),
        fallback: () => destinations[0],
      });
    for (let i = 0; i < 2; i++) declare("a", "b");
    declare("b", "a");
    expect(lines.filter((line) => line.includes("destinations"))).toEqual([]);
    for (let i = 0; i < 2; i++) declare("a", "c");
    expect(lines.filter((line) => line.includes("destinations"))).toEqual([
      'warn a decision point was declared again with other destinations; give each its own name {"decisionPoint":"team","before":"b, a","now":"a, c"}',
    ]);
    await loop.close();
  });
});

describe("a decision point that could never be learned", () => {
  it("is refused where it is declared, not by every cycle", async () => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    const declare = (policy: { kind: string }) => () => triageGraph(loop, { learn: { policy } });
    expect(declare({ kind: "squarebc" })).toThrow(/POLICY_INVALID.*"squarebc"/s);
    expect(declare({ kind: "squarecb", gama: 1 } as { kind: string })).toThrow(/"gama" in the policy "squarecb"/);
    const encoder = (given: object) => () => triageGraph(loop, { learn: { encoder: given } });
    expect(encoder({ vocabulry: 10 })).toThrow(/CONFIG_UNKNOWN_KEY.*"vocabulry" in encoder.*Did you mean "vocabulary"/);
    expect(encoder({ fields: { topic: "word" } })).toThrow(/ROUTER_INVALID.*"category"/);
    expect(() => triageGraph(loop, { learn: { tennant: "A" } as never })).toThrow('Did you mean "tenant"?');
    for (const from of ["pa", [7]])
      expect(() => triageGraph(loop, { learn: { from } as never })).toThrow(
        /ROUTER_INVALID.*for from; expected related,/,
      );
    expect(encoder({ fields: { topic: "category" }, ignore: ["noise"] })).not.toThrow();
    expect(() => triageGraph(loop, { decisionPoint: "__proto__" })).toThrow(/ROUTER_INVALID.*decisionPoint/);
    // Its policies could not be published: every cycle would fail.
    for (const decisionPoint of ["prüfen", "who?", "a/../b", "a\nb", "/a"])
      expect(() => triageGraph(loop, { decisionPoint }), decisionPoint).toThrow(/ROUTER_INVALID.*for decisionPoint/s);
    for (const decisionPoint of ["team/triage", "first step", "v1.2:a_b-c"])
      expect(() => triageGraph(loop, { decisionPoint }), decisionPoint).not.toThrow();
    await loop.close();
  });
});

describe("the loop's own questions", () => {
  it("answer nonsense with a coded error", async () => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    await expect(loop.exportLearningData(5 as never)).rejects.toThrow(/CONFIG_INVALID.*export name 5/);
    await expect(loop.patterns.analyzePatterns({ minSupport: -1 })).rejects.toThrow(
      /PATTERN_INVALID.*-1 for minSupport/,
    );
    await expect(loop.patterns.analyzePatterns({ fdr: 2 })).rejects.toThrow(/PATTERN_INVALID.*fdr 2/);
    await loop.close();
    await expect(loop.createReport()).rejects.toThrow(/LEARNING_STATE/);
  });
});

describe("a loop that cannot be opened", () => {
  it("leaves nothing open behind it", async () => {
    const before = process.listenerCount("SIGTERM");
    const opening = CollectiveLearningLoop.open({ storagePath: folder(), orchestrator: { compile() {} } });
    await expect(opening).rejects.toThrow(/SENTINEL_INVALID/);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});

describe("a context function that misbehaves", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("no topic");
      },
      /context-error/,
    ],
    ["gives NaN", () => ({ n: Number.NaN }), /context-error/],
    ["gives Infinity", () => ({ n: Number.POSITIVE_INFINITY }), /context-error/],
    ["gives something nested", () => ({ n: { deep: 1 } }), /context-error/],
  ] as [string, () => never, RegExp][])("%s: the fallback decides, counted and logged", async (_, context, words) => {
    const { lines, logger } = noted();
    const loop = await CollectiveLearningLoop.open({ storagePath: folder(), logger });
    const graph = triageGraph(loop, { context });
    expect(await graph.invoke({ topic: "crash", noise: 1 })).toMatchObject({ team: "billing" });
    const { capture } = await loop.getLearningStatus();
    expect(JSON.stringify(capture.routing)).toMatch(words);
    expect(lines.join("\n")).toMatch(/fallback/);
    await loop.close();
  });

  it("grows a new field after promotion: the run goes on", async () => {
    const clock = new ManualClock();
    const loop = await CollectiveLearningLoop.open({ storagePath: folder(), clock });
    let extra = {};
    const graph = triageGraph(loop, { context: (s) => ({ topic: s.topic, noise: s.noise, ...extra }) });
    await ticketOffice(loop, graph, clock)(200);
    await loop.triggerLearningCycle();
    extra = { vip: true };
    const { team } = await graph.invoke({ topic: "crash", noise: 0.5 });
    expect(TEAMS).toContain(team);
    await loop.close();
  });
});

describe("what is given at the first moment", () => {
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /received undefined to wrap.*compile/],
    ["an uncompiled graph", new StateGraph(TriageState), /an uncompiled graph to wrap.*Call \.compile\(\) first/],
    [
      "a remote graph",
      new RemoteGraph({ graphId: "agent", url: "http://localhost:1" }),
      /the remote graph "agent".*elsewhere/,
    ],
  ])("wrap refuses %s, and says what to do", async (_, graph, message) => {
    const loop = await CollectiveLearningLoop.open({ store: createMemoryStore() });
    expect(() => loop.wrap(graph as object, { workflowType: "w" })).toThrow(/CONFIG_INVALID/);
    expect(() => loop.wrap(graph as object, { workflowType: "w" })).toThrow(message);
    await loop.close();
  });

  it.each(["storagePath", "traceStoragePath", "exportPath"])("%s is no URL", async (name) => {
    const open = CollectiveLearningLoop.open({ [name]: "file:///tmp/learning" });
    await expect(open).rejects.toThrow(new RegExp(`CONFIG_INVALID.*file:.* for ${name}.*fileURLToPath`));
  });

  it.each<[unknown, RegExp]>([
    ["./learning", /received "\.\/learning"; expected an object with the folders `traces`/],
    [{ traces: "a", feedback: "b" }, /undefined for models.*Give models as a text/],
    [{ traces: new URL("file:///a"), feedback: "b", models: "c" }, /for traces.*fileURLToPath/],
  ])("openFileStore(%j) is refused", async (options, message) => {
    await expect(openFileStore(options as never)).rejects.toThrow(message);
  });

  it("a workflowId that no judgement could name is not taken, and the run is captured under its own", async () => {
    const { logger, lines } = noted();
    const loop = await CollectiveLearningLoop.open({ store: createMemoryStore(), logger });
    const graph = triageGraph(loop);
    const workflowId = "x".repeat(257);
    for (let i = 0; i < 2; i++) await graph.invoke({ topic: "crash", noise: 0 }, { metadata: { workflowId } });
    expect(lines.filter((line) => /CONFIG_INVALID.*257 characters.*1 to 256 characters/.test(line))).toHaveLength(1);
    await loop.flush();
    expect(loop.tracer.counters().written).toBe(4);
    expect(await loop.getTrace(workflowId)).toBeUndefined();
    await loop.close();
  });
});

describe("a destination that the graph lacks", () => {
  it("is an error that names it, since LangGraph would end silently", async () => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    const graph = triageGraph(loop, { fallback: () => "sales" as "tech" });
    await expect(graph.invoke({ topic: "x", noise: 0 })).rejects.toThrow(/DESTINATION_UNKNOWN.*"sales".*billing, tech/);
    expect(() => triageGraph(loop, { destinations: ["billing"] as never })).toThrow(/ROUTER_INVALID.*two destinations/);
    await loop.close();
  });
});

describe("storage", () => {
  it("in an empty folder begins anew; where a file stands in the way, a coded error says so", async () => {
    const empty = folder();
    const loop = await CollectiveLearningLoop.open({ storagePath: empty });
    expect(await loop.getLearningStatus()).toMatchObject({ cyclesCompleted: 0, decisionPoints: [] });
    await loop.close();
    const blocked = join(folder(), "file");
    writeFileSync(blocked, "in the way");
    await expect(CollectiveLearningLoop.open({ storagePath: blocked })).rejects.toThrow(/STORE_IO/);
  });

  it("that cannot be written: runs go on, and the loss is counted", async () => {
    const at = folder();
    const { logger } = noted();
    const loop = await CollectiveLearningLoop.open({ storagePath: at, logger });
    const graph = triageGraph(loop);
    rmSync(join(at, "traces"), { recursive: true });
    writeFileSync(join(at, "traces"), "a file where the folder was");
    expect(await graph.invoke({ topic: "x", noise: 0 })).toHaveProperty("team");
    await expect(loop.flush()).rejects.toThrow(/STORE_IO/);
    await expect(loop.close()).rejects.toThrow(/STORE_IO/);
  });

  it("that was cut off or edited by hand loses only what is damaged, and rewrites nothing", async () => {
    const at = folder();
    const clock = new ManualClock();
    const first = await CollectiveLearningLoop.open({ storagePath: at, clock });
    await ticketOffice(first, triageGraph(first), clock)(30);
    await first.close();
    const traces = join(at, "traces");
    const segment = readdirSync(traces).find((f) => f.startsWith("decision") && f.endsWith(".jsonl")) as string;
    const file = join(traces, segment);
    const before = readFileSync(file);
    truncateSync(file, before.length - 25);
    const cut = readFileSync(file);
    const { lines, logger } = noted();
    const second = await CollectiveLearningLoop.open({ storagePath: at, clock, logger });
    const cycle = await second.triggerLearningCycle();
    expect(cycle.collected?.decisions).toBe(29);
    expect(lines.join("\n")).toMatch(/warn/);
    await second.close();
    expect(readFileSync(file).subarray(0, cut.length).equals(cut)).toBe(true);
  });

  it("whose registry was edited by hand goes on from the version before, or is refused with its code", async () => {
    const at = folder();
    const clock = new ManualClock();
    const first = await CollectiveLearningLoop.open({ storagePath: at, clock });
    await ticketOffice(first, triageGraph(first), clock)(200);
    await first.triggerLearningCycle();
    await first.close();
    const documents = join(at, "models", "documents");
    mkdirSync(documents, { recursive: true });
    const copies = readdirSync(documents)
      .filter((n) => n.startsWith("registry"))
      .sort((a, b) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)));
    expect(copies.length).toBeGreaterThan(1);
    const edit = (name: string) => {
      const path = join(documents, name);
      writeFileSync(path, readFileSync(path, "utf8").replace(/v\d/, "v9").replace(/.$/s, "?"));
    };
    edit(copies.at(-1) as string);
    const second = await CollectiveLearningLoop.open({ storagePath: at, clock });
    const graph = triageGraph(second);
    expect(TEAMS).toContain((await graph.invoke({ topic: "crash", noise: 0 })).team);
    await second.close();
    for (const name of readdirSync(documents).filter((n) => n.startsWith("registry"))) edit(name);
    await expect(CollectiveLearningLoop.open({ storagePath: at, clock })).rejects.toThrow(/STORE_CORRUPT/);
  });
});

describe("feedback", () => {
  it("for an unknown run, or out of range, is refused with its code", async () => {
    const loop = await CollectiveLearningLoop.open({ storagePath: folder() });
    const of = (id: string) => new UserFeedback(id, "alice");
    await expect(loop.feedback.submitFeedback(of("nobody").addCatScore(5))).rejects.toThrow(
      /FEEDBACK_UNKNOWN_RUN.*"nobody"/,
    );
    const graph = triageGraph(loop);
    await graph.invoke({ topic: "x", noise: 0 }, { metadata: { workflowId: "known" } });
    await expect((async () => loop.feedback.submitFeedback(of("known").addCatScore(0)))()).rejects.toThrow(
      /FEEDBACK_INVALID/,
    );
    await expect((async () => loop.feedback.submitOutcome("known", 1.2))()).rejects.toThrow(/FEEDBACK_INVALID/);
    await loop.feedback.submitFeedback(of("known").addCatScore(10));
    expect((await loop.feedback.getFeedback("known")).current).toHaveLength(1);
    await loop.close();
  });
});
