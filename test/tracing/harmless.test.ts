import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { show } from "../../src/core/index.js";
import { copyContext } from "../../src/routing/context-values.js";
import { copyFeatures } from "../../src/routing/scene.js";
import { recordedError } from "../../src/tracing/record/errors.js";
import { createRedactor } from "../../src/tracing/record/redact.js";
import { stateText } from "../../src/tracing/record/state-text.js";
import { tracing } from "./support.js";

/** Values that do harm when they are read, and how often they were. */
function traps() {
  let reads = 0;
  const touched = <T>(value: T): T => {
    reads += 1;
    return value;
  };
  class Lazy {
    name = "ann";
    get orders() {
      return touched(Promise.reject(new Error("connection closed")));
    }
  }
  class Response {
    #body = "x";
    toJSON() {
      return touched({ body: this.#body });
    }
  }
  class Message extends HumanMessage {
    constructor() {
      super("hello");
    }
    override toJSON() {
      return touched(super.toJSON());
    }
    override get text() {
      return touched("read");
    }
  }
  class Bytes extends Uint8Array {
    override get byteLength() {
      return touched(1);
    }
  }
  class Pairs extends Map<string, number> {
    override [Symbol.iterator]() {
      return touched(super[Symbol.iterator]());
    }
    override entries() {
      return touched(super.entries());
    }
  }
  class Failure extends Error {
    override get message() {
      return touched("read");
    }
    get code() {
      return touched("read");
    }
  }
  const list: unknown[] = [1];
  Object.defineProperty(list, 0, { get: () => touched(1), enumerable: true });
  const values: Record<string, unknown> = {
    getter: {
      get orders() {
        return touched(Promise.reject(new Error("connection closed")));
      },
    },
    lazy: new Lazy(),
    response: new Response(),
    message: new Message(),
    bytes: new Bytes(3),
    pairs: new Pairs(),
    failure: new Failure(),
    list,
    proxy: new Proxy(
      { a: 1 },
      { get: () => touched(1), ownKeys: () => touched(["a"]), getPrototypeOf: () => touched(null) },
    ),
    key: new Map([[{ toString: () => touched("key") }, 1]]),
    json: { toJSON: () => touched("x".repeat(50_000_000)) },
    // JSON asks functions for a toJSON as well.
    action: { run: Object.assign(() => 1, { toJSON: () => touched("read"), toString: () => touched("read") }) },
    actions: [Object.assign(() => 1, { toJSON: () => touched("read") })],
    thenable: Object.defineProperty({}, ["then"].join(), { get: () => touched(() => {}), enumerable: true }),
    namespace: { lc_namespace: new Proxy(["messages"], { get: () => touched(1) }), lc_serializable: true },
    kwargs: {
      lc_namespace: ["messages"],
      lc_serializable: true,
      lc_kwargs: new Proxy({}, { ownKeys: () => touched([]) }),
    },
    hidden: { run: new Proxy(() => 1, { get: () => touched(undefined) }) },
  };
  return { values, reads: () => reads };
}

describe("what reads the host's values", () => {
  it.each(Object.keys(traps().values))("runs none of their code: %s", (name) => {
    const { values, reads } = traps();
    const value = values[name];
    const redactor = createRedactor(["email", "key", { path: "nothing" }]);
    const letsThrough = createRedactor((given) => given);
    const texts = [undefined, redactor, letsThrough].map((by) => stateText({ value }, 4096, by));
    for (const text of [stateText(value, 4096, undefined), ...texts, show(value)]) {
      expect(typeof text).toBe("string");
      expect(text).not.toContain("unreadable");
    }
    recordedError(value, redactor);
    for (const context of [{ value }, value])
      for (const copy of [() => copyContext(context, "it"), () => copyFeatures(context, ["value"])])
        try {
          copy();
        } catch (error) {
          expect(error).toMatchObject({ code: "CONTEXT_INVALID" });
        }
    expect(reads()).toBe(0);
  });

  it("a redaction by a function lets promises of the state pass, and refuses one of its own", () => {
    const text = (value: unknown, redact: (value: unknown) => unknown) =>
      stateText(value, 4096, createRedactor(redact));
    expect(text({ a: Promise.resolve(1), b: "c" }, (v) => v)).toBe('{"a":"[Promise]","b":"c"}');
    expect(text({ a: "secret" }, async (v) => v)).toBe('"[unreadable: LearningError]"');
  });

  it("a getter among plain fields is refused in a context, and said to be one", () => {
    const context = {
      topic: "invoice",
      get cost() {
        return 1;
      },
    };
    expect(() => copyContext(context, "the context function")).toThrow('a getter as the field "cost"');
  });

  it.each(["tap", "callbacks"] as const)("no run is changed or ended by it, by %s", async (capture) => {
    const { values, reads } = traps();
    const { tracer, segments } = tracing({ capture, captureState: "full" });
    const State = lib.Annotation.Root({ value: lib.Annotation<unknown>, done: lib.Annotation<boolean> });
    for (const [name, value] of Object.entries(values)) {
      // LangGraph itself asks what a node returns whether it is a promise; inside a field it does not.
      const graph = new lib.StateGraph(State)
        .addNode("a", () => ({ value: { inner: value } }))
        .addNode("b", () => ({ done: true }))
        .addEdge(lib.START, "a")
        .addEdge("a", "b")
        .compile();
      await tracer.wrap(graph, { workflowType: name }).invoke({ done: false });
    }
    expect((await segments()).map((s) => s.nodes.length)).toEqual(Object.keys(values).map(() => 2));
    expect(reads()).toBe(0);
  });
});

describe("what plain JavaScript may pass", () => {
  const State = lib.Annotation.Root({ done: lib.Annotation<boolean> });
  const graphOf = (node: () => { done: boolean }) =>
    new lib.StateGraph(State).addNode("a", node).addEdge(lib.START, "a").addEdge("a", lib.END).compile();

  it.each(["tap", "callbacks"] as const)("a thrown function is kept without asking it, by %s", async (capture) => {
    const { tracer, segments } = tracing({ capture });
    const thrown = Object.assign(() => 1, {
      toString() {
        throw new Error("read");
      },
    });
    const failing = graphOf(() => {
      throw thrown;
    });
    await expect(tracer.wrap(failing, { workflowType: "w" }).invoke({})).rejects.toBe(thrown);
    expect(await segments()).toMatchObject([
      { status: "error", error: { name: "Error", message: "[function Object]" } },
    ]);
  });

  /** Errors that fail when they are asked for what LangGraph or we look for. */
  const hostile: [string, () => object, string][] = [
    ["a Proxy", () => new Proxy(new Error("own"), { has: fail, get: fail }), "(an object without a message)"],
    ["a mark that fails", () => Object.defineProperty(new Error("own"), "is_bubble_up", { get: fail }), "own"],
    ["errors that fail", () => Object.assign(new Error("own"), { errors: new Proxy([], { get: fail }) }), "own"],
  ];
  function fail(): never {
    throw new Error("read");
  }
  it.each(hostile)("what is thrown with %s is kept as what it is", async (_, make, message) => {
    for (const capture of ["tap", "callbacks"] as const) {
      const { tracer, segments } = tracing({ capture });
      const failing = graphOf(() => {
        throw make();
      });
      const bare = await failing.invoke({}).catch((error: unknown) => error);
      const wrapped = await tracer
        .wrap(failing, { workflowType: "w" })
        .invoke({})
        .catch((error: unknown) => error);
      expect(show(wrapped)).toBe(show(bare));
      const [segment] = await segments();
      expect(segment).toMatchObject({ status: "error", gaps: [] });
      expect(segment?.nodes).toMatchObject([{ status: "error", error: { message } }]);
    }
  });

  it.each(["tap", "callbacks"] as const)(
    "tags that are no texts are left out, long ones cut, by %s",
    async (capture) => {
      const { tracer, segments } = tracing({ capture });
      const tags = ["a", undefined, null, 4, "x".repeat(5000)] as string[];
      await tracer
        .wrap(
          graphOf(() => ({ done: true })),
          { workflowType: "w" },
        )
        .invoke({ done: false }, { tags });
      expect(await segments()).toMatchObject([{ status: "success", tags: ["a", "x".repeat(1000)] }]);
    },
  );

  it.each([
    [42, "42"],
    ["", '""'],
    [{ a: 1 }, '{"a":1}'],
  ])("a workflowId that is no text is told: %j", async (workflowId, shown) => {
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, warn: (m: string) => warnings.push(m), error() {} };
    const { tracer } = tracing({ logger });
    const graph = tracer.wrap(
      graphOf(() => ({ done: true })),
      { workflowType: "w" },
    );
    for (let i = 0; i < 2; i++) await graph.invoke({ done: false }, { metadata: { workflowId } });
    expect(warnings).toEqual([expect.stringContaining(`received a workflowId ${shown}; expected a text of 1 to 256`)]);
  });
});

describe("what is kept of", () => {
  const text = (value: unknown) => JSON.parse(stateText(value, 4096, undefined) as string);

  it.each([
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["no date", new Date(Number.NaN), null],
    ["a function in a list", [() => 1, 2], [null, 2]],
    ["an integer of a million digits", { n: 1n << 4_000_000n, m: 10n }, { n: "[bigint]", m: 10 }],
    [
      "a map",
      new Map<unknown, unknown>([
        ["a", new Set([1])],
        [2, "b"],
      ]),
      { a: [1], 2: "b" },
    ],
    [
      "an object of a class",
      new (class Order {
        id = 1;
        #secret = 2;
        get total() {
          return this.#secret;
        }
      })(),
      { id: 1 },
    ],
    ["an object of a class without data", new URL("https://example.org"), "[URL]"],
    ["a model", new FakeListChatModel({ responses: ["hello"] }), "[FakeListChatModel]"],
    ["a promise", Promise.resolve(1), "[Promise]"],
    ["an abort", new DOMException("gone", "AbortError"), "[DOMException]"],
    ["an error", Object.assign(new TypeError("no"), { code: 7 }), { code: 7, name: "TypeError", message: "no" }],
    ["a buffer", Buffer.from("abc"), "[Buffer, 3 bytes]"],
    ["a view", new DataView(new ArrayBuffer(8), 2), "[DataView, 6 bytes]"],
    ["a big integer", { n: 12345678901n }, { n: 12345678901 }],
  ])("%s", (_, value, expected) => {
    expect(text({ value })).toEqual({ value: expected });
  });

  it("a message is what LangChain writes of it", () => {
    const message = new AIMessage({ content: "hi", id: "m", tool_calls: [{ name: "t", args: { a: 1 }, id: "c" }] });
    expect(text({ messages: [message] })).toEqual({ messages: [JSON.parse(JSON.stringify(message))] });
  });
});
