import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { CaptureOptions } from "../../src/tracing/index.js";
import { createRedactor } from "../../src/tracing/record/redact.js";
import { stateText } from "../../src/tracing/record/state-text.js";
import { updateOf } from "../../src/tracing/record/update.js";
import { decision } from "../store/facts.js";
import { tracing } from "./support.js";

const State = lib.Annotation.Root({
  text: lib.Annotation<string>({ reducer: (_, b) => b, default: () => "" }),
  user: lib.Annotation<Record<string, string>>({ reducer: (_, b) => b, default: () => ({}) }),
});

/** Runs one node that writes what is given; returns the segment. */
async function run(update: object, options: CaptureOptions) {
  const { tracer, segments } = tracing();
  const graph = new lib.StateGraph(State)
    .addNode("a", () => update as { text: string })
    .addEdge(lib.START, "a")
    .compile();
  const result = await tracer.wrap(graph, { workflowType: "t", ...options }).invoke({ text: "input" });
  const [segment] = await segments();
  return { result, node: segment?.nodes[0] };
}

describe("state", () => {
  it("is kept as asked: nothing, updates, or all", async () => {
    expect((await run({ text: "x" }, { captureState: "none" })).node).not.toHaveProperty("update");
    const { node } = await run({ text: "x" }, {});
    expect(node).toMatchObject({ update: '{"text":"x"}' });
    expect(node).not.toHaveProperty("input");
    const full = (await run({ text: "x" }, { captureState: "full" })).node;
    expect(JSON.parse(full?.input ?? "")).toEqual({ text: "input", user: {} });
  });

  it("is bounded per node and run, and says where it was cut", async () => {
    const { node } = await run({ text: "long ".repeat(1000) }, { stateBytesPerNode: 100 });
    expect(node?.update?.length).toBeLessThan(120);
    expect(node?.update?.endsWith("…[cut]")).toBe(true);
    const { node: none } = await run({ text: "long ".repeat(1000) }, { stateBytesPerRun: 0 });
    expect(none?.update).toBe("…[cut]");
  });

  it("that fails when it is read is not read", async () => {
    const evil = {
      get text(): string {
        throw new Error("never");
      },
    };
    const circle: Record<string, unknown> = { text: "x" };
    circle.user = { me: circle };
    const { node, result } = await run(circle, {});
    expect(result).toMatchObject({ text: "x" });
    expect(node?.update).toContain("[c");
    const { tracer, segments } = tracing();
    const graph = new lib.StateGraph(State)
      .addNode("a", () => ({ text: "fine", user: { evil } as never }))
      .addEdge(lib.START, "a")
      .compile();
    await tracer.wrap(graph, { workflowType: "t" }).invoke({});
    expect((await segments())[0]?.nodes[0]?.update).toBe('{"text":"fine","user":{"evil":{"text":"[getter]"}}}');
  });
});

describe("state text", () => {
  it("is bounded in bytes, and cuts between characters", () => {
    const text = stateText({ t: "漢".repeat(5000) }, 100, undefined) as string;
    expect(Buffer.byteLength(text.replace("…[cut]", ""))).toBeLessThanOrEqual(100);
    expect(text).toMatch(/^\{"t":"漢+…\[cut\]$/);
  });

  it("keeps what JSON alone would lose, and of binary data only kind and size", () => {
    const state = {
      big: 12n,
      map: new Map([["k", { v: 1 }]]),
      set: new Set(["a", "b"]),
      error: new RangeError("too far"),
      at: new Date(0),
      image: Buffer.alloc(50_000_000),
      vector: new Float32Array(4),
    };
    expect(JSON.parse(stateText(state, 4096, undefined) as string)).toEqual({
      big: 12,
      map: { k: { v: 1 } },
      set: ["a", "b"],
      error: { name: "RangeError", message: "too far" },
      at: "1970-01-01T00:00:00.000Z",
      image: "[Buffer, 50000000 bytes]",
      vector: "[Float32Array, 16 bytes]",
    });
  });

  it("of a state that refers to itself in many ways ends, and is redacted at every depth", () => {
    const redactor = createRedactor(["email"]);
    const circle: Record<string, unknown> = { mail: "ann@x.org" };
    circle.children = [{ parent: circle }, { parent: circle }];
    expect(stateText(circle, 4096, redactor)).toBe(
      '{"mail":"[redacted]","children":[{"parent":"[circular]"},{"parent":"[circular]"}]}',
    );
    let shared: object = { mail: "ann@x.org" };
    for (let i = 0; i < 40; i++) shared = { left: shared, right: shared };
    expect(stateText(shared, 4096, redactor)).toMatch(/…\[cut\]$/);
    let deep: object = { mail: "ann@x.org" };
    for (let i = 0; i < 100; i++) deep = { deep };
    expect(stateText(deep, 4096, redactor)).toContain('"[deeper]"');
  });

  it("redacts a long text before it cuts it", () => {
    const text = `${"x ".repeat(40)}ann@example.org ${"y".repeat(100_000)}`;
    for (let limit = 80; limit < 110; limit++)
      expect(stateText({ text }, limit, createRedactor(["email"]))).not.toMatch(/ann|example/);
  });
});

describe("redaction", () => {
  it.each([[7], ["email"], [{ path: "text" }], [[null]], [["mail"]]])("is refused where it is %j", (redact) => {
    expect(() => createRedactor(redact as never)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each([
    ["email", "write to ann.b+c@mail.example.org today", "write to [redacted] today"],
    ["phone", "call +49 30 901820 or (030) 901-8205", "call [redacted] or [redacted]"],
    ["card", "card 4111 1111 1111 1111, thanks", "card [redacted], thanks"],
    ["key", "use sk-abcdefghijklmnop123456 now", "use [redacted] now"],
  ] as const)("preset %s", async (preset, text, kept) => {
    const { node, result } = await run({ text }, { redact: [preset] });
    expect(JSON.parse(node?.update ?? "")).toEqual({ text: kept });
    expect(result.text).toBe(text);
  });

  it.each([
    "in 2026 we sold 1234 items",
    "version 1.2.3",
    "12:30 on 2026-01-02",
    "rows 10 20 30",
    "a skateboarding_tournament",
  ])("leaves %s alone", async (text) => {
    const { node } = await run({ text }, { redact: ["email", "phone", "card", "key"] });
    expect(JSON.parse(node?.update ?? "")).toEqual({ text });
  });

  it("by path, pattern and function, on a copy", async () => {
    const user = { name: "Ann", ssn: "123", password: "p" };
    const byPath = await run({ user }, { redact: [{ path: "user.ssn" }, { path: "*.password" }, /An+/] });
    expect(JSON.parse(byPath.node?.update ?? "")).toEqual({
      user: { name: "[redacted]", ssn: "[redacted]", password: "[redacted]" },
    });
    expect(byPath.result.user).toEqual(user);
    const drop = (value: unknown, path: string) => (path === "user" ? undefined : value);
    const byFunction = await run({ user, text: "x" }, { redact: drop });
    expect(JSON.parse(byFunction.node?.update ?? "")).toEqual({ text: "x" });
  });

  it.each([
    ["a JSON web token", "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK"],
    ["a bearer header", "Bearer abcdefghijklmnop1234"],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"],
  ])("the preset for keys knows %s", (_, secret) => {
    expect(stateText({ text: `so: ${secret}!` }, 4096, createRedactor(["key"]))).toBe('{"text":"so: [redacted]!"}');
  });

  it("tells card numbers by their check digit, also as numbers", () => {
    const state = { card: 4111111111111111, made: 1764043841000, text: "4111-1111-1111-1111 at 1764043841001" };
    expect(JSON.parse(stateText(state, 4096, createRedactor(["card"])) as string)).toEqual({
      card: "[redacted]",
      made: 1764043841000,
      text: "[redacted] at 1764043841001",
    });
  });

  it("reaches keys, maps, messages, and the updates in lists and pairs", () => {
    const redactor = createRedactor(["email", { path: "password" }, { path: "messages.*.content" }]);
    const text = (value: unknown) => stateText(value, 4096, redactor);
    expect(text({ "ann@x.org": new Map([["bob@x.org", "eve@x.org"]]) })).not.toContain("@");
    expect(text({ messages: [new HumanMessage("my secret")] })).not.toContain("secret");
    expect(text(updateOf([new lib.Command({ update: { password: "p" } }), { password: "q" }]))).toBe(
      '[{"password":"[redacted]"},{"password":"[redacted]"}]',
    );
    expect(text(updateOf(new lib.Command({ update: [["password", "p"]] })))).toBe('{"password":"[redacted]"}');
  });

  it.each(["tap", "callbacks"] as const)("leaves no way to the store by %s", async (capture) => {
    const secret = "ann@example.org";
    const { tracer, segments, store } = tracing({ redact: ["email"], captureState: "full", capture });
    const ask = tool(
      () => {
        throw new Error(`no mailbox ${secret}`);
      },
      { name: "ask", description: "asks", schema: z.object({ mail: z.string() }) },
    );
    const graph = new lib.StateGraph(State)
      .addNode("a", async (_, config) => {
        await ask.invoke({ mail: secret }, config).catch(() => {});
        throw Object.assign(new Error(`${"x".repeat(490)} ${secret}`), { code: secret });
      })
      .addEdge(lib.START, "a")
      .compile();
    const config = { tags: [secret], metadata: { customer: `${"x".repeat(990)} ${secret}`, [secret]: 1 } };
    await expect(
      tracer.wrap(graph, { workflowType: "t" }).invoke({ text: secret, user: { [secret]: secret } }, config),
    ).rejects.toThrow();
    tracer.record({ ...decision(1), context: { text: `from ${secret}`, length: 3 } });
    expect(tracer.asKept({ text: `from ${secret}`, length: 3 })).toEqual({ text: "from [redacted]", length: 3 });
    const all: unknown[] = await segments();
    for await (const { facts } of store.read("decision")) all.push(...facts);
    expect(all).toMatchObject([
      { status: "error", toolCalls: [{ name: "ask", error: { message: "no mailbox [redacted]" } }] },
      { context: { text: "from [redacted]", length: 3 } },
    ]);
    expect(JSON.stringify(all)).not.toMatch(/ann@|example|@/);
  });

  it("that fails keeps nothing of the value and does not harm the run", async () => {
    const redact = () => {
      throw new Error("bug");
    };
    const { node, result } = await run({ text: "secret" }, { redact });
    expect(result.text).toBe("secret");
    expect(node?.update).toContain("unreadable");
    expect(node?.update).not.toContain("secret");
  });
});

it("a function says what is kept of metadata and contexts, too, of numbers as well", async () => {
  const redact = (value: unknown, path: string) => {
    if (path.endsWith("born")) return undefined;
    if (path.endsWith("street")) return Array.isArray(value) ? value.map(Math.round) : "a street";
    return typeof value === "number" ? Math.floor(value / 10) * 10 : value;
  };
  const { tracer, segments } = tracing({ redact });
  const graph = new lib.StateGraph(State)
    .addNode("a", () => ({}))
    .addEdge(lib.START, "a")
    .compile();
  const about = { age: 47, born: 1979, street: 12, isNew: true };
  await tracer.wrap(graph, { workflowType: "t" }).invoke({}, { metadata: about });
  expect((await segments())[0]?.metadata).toEqual({ age: 40, born: null, street: null, isNew: true });
  expect(tracer.asKept({ ...about, street: [1.2, 3] })).toEqual({ age: 40, born: null, street: [1, 3], isNew: true });
});

it("redaction leaves a decision its experiment", async () => {
  const { tracer, store } = tracing({ redact: [/\d+/] });
  const own = { "prompt.unit": "0a1b2c", "prompt.experiment": "support/2" };
  tracer.record({ ...decision(1), context: { ...own, room: "room 101" } });
  await tracer.flush();
  for await (const { facts } of store.read("decision"))
    expect(facts[0]?.context).toEqual({ ...own, room: "room [redacted]" });
  expect.assertions(1);
});

it("redaction reaches the features of candidates, the keys of contexts, and big integers", async () => {
  const { tracer, store } = tracing({ redact: ["email", "card"] });
  const features = { "ann@x.org": 1, owner: "bob@x.org" };
  const given = { ...decision(1), context: { "ann@x.org": true }, candidateFeatures: { a: features } };
  tracer.record(given);
  await tracer.flush();
  for await (const { facts } of store.read("decision"))
    expect(facts[0]).toMatchObject({
      context: { "[redacted]": true },
      candidateFeatures: { a: { "[redacted]": 1, owner: "[redacted]" } },
    });
  expect(given.candidateFeatures.a).toBe(features);
  expect(tracer.keptText("write to ann@x.org", "comment")).toBe("write to [redacted]");
  expect(stateText({ card: 4111111111111111n, n: 5n }, 4096, createRedactor(["card"]))).toBe(
    '{"card":"[redacted]","n":5}',
  );
  expect.assertions(4);
});
