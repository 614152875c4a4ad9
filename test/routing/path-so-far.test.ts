import { END, MemorySaver, Send, START, StateGraph, StateSchema } from "@langchain/langgraph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { counterfactual, createRouter } from "../../src/routing/index.js";
import { areParallel, choicesIn, type EarlierChoice, noteChoice, pathTo } from "../../src/routing/path-so-far.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({ way: z.string().default("b") });
const Fan = new StateSchema({ way: z.string().default("b"), ways: z.array(z.string()) });
type World = ReturnType<typeof createWorld>;

/** A router whose fallback goes where the state says. */
const routerOf = (world: World, decisionPoint: string, destinations: readonly string[], more: object = {}) =>
  createRouter(
    {
      decisionPoint,
      destinations,
      context: ({ way }: { way: string }) => ({ way }),
      fallback: ({ way }) => (destinations.includes(way) ? way : (destinations[0] ?? "")),
      ...more,
    },
    world.deps,
  );

const contextsOf = (world: World, decisionPoint: string) =>
  world.sink.written.filter((d) => d.decisionPoint === decisionPoint).map((d) => d.context);

/** `first`, then `second`, which may go back to `first`. */
function inTurn(world: World, more: object = {}) {
  return new StateGraph(State)
    .addNode("one", () => ({}))
    .addNode("b", () => ({}))
    .addNode("two", () => ({ way: "one" }))
    .addEdge(START, "one")
    .addConditionalEdges("one", routerOf(world, "first", ["two", "b"]), ["two", "b"])
    .addEdge("b", "two")
    .addConditionalEdges("two", routerOf(world, "second", [END, "one"], more), [END, "one"]);
}

describe("what other decision points chose earlier in the run", () => {
  it("is part of the context, of repeated steps the last", async () => {
    const world = createWorld();
    const graph = inTurn(world).compile();
    await expect(graph.invoke({ way: "b" }, { recursionLimit: 5, metadata: { workflowId: "w" } })).rejects.toThrow();
    expect(contextsOf(world, "first")).toEqual([{ way: "b" }, { way: "one", "chosen at second": "one" }]);
    expect(contextsOf(world, "second")).toEqual([
      { way: "one", "chosen at first": "b" },
      { way: "one", "chosen at first": "two" },
    ]);
  });

  it("is another run's business, and can be left out", async () => {
    const world = createWorld();
    const graph = inTurn(world, { pathSoFar: false, fallback: () => END }).compile();
    for (const workflowId of ["v", "w"]) await graph.invoke({}, { metadata: { workflowId } });
    expect(contextsOf(world, "first")).toEqual([{ way: "b" }, { way: "b" }]);
    expect(contextsOf(world, "second")).toEqual([{ way: "one" }, { way: "one" }]);
  });

  it("is left as the context function gave it, and with a context that failed", async () => {
    const world = createWorld();
    const own = { context: () => ({ "chosen at first": "mine" }), fallback: () => END };
    await inTurn(world, own)
      .compile()
      .invoke({}, { metadata: { workflowId: "v" } });
    const failing = { context: () => Promise.reject(new Error("no context")), fallback: () => END };
    await inTurn(world, failing)
      .compile()
      .invoke({}, { metadata: { workflowId: "w" } });
    expect(contextsOf(world, "second")).toEqual([{ "chosen at first": "mine" }, {}]);
  });

  it("ends with the run, where runs of one id follow each other", async () => {
    const world = createWorld();
    let endings = 0;
    Object.assign(world.sink, { endingsOf: () => endings });
    const graph = inTurn(world, { fallback: () => END }).compile();
    await graph.invoke({}, { metadata: { workflowId: "talk" } });
    endings++;
    await graph.invoke({}, { metadata: { workflowId: "talk" } });
    expect(contextsOf(world, "first")).toEqual([{ way: "b" }, { way: "b" }]);
  });

  it("is unknown to branches that run at once, and known to what follows where they agree", async () => {
    const world = createWorld();
    const within = (point: string, delay: number) =>
      new StateGraph(State)
        .addNode("in", () => new Promise<object>((done) => setTimeout(() => done({}), delay)))
        .addEdge(START, "in")
        .addConditionalEdges("in", routerOf(world, point, ["a", "b"]), { a: END, b: END })
        .compile();
    const [left, right, each] = [within("left", 5), within("right", 0), within("each", 2)];
    const graph = new StateGraph(Fan)
      .addNode("start", () => ({}))
      .addNode("fan", () => ({}))
      .addNode("left", async (_, config) => {
        await left.invoke({ way: "b" }, config);
        return {};
      })
      .addNode("right", async (_, config) => {
        await right.invoke({ way: "b" }, config);
        return {};
      })
      .addNode("each", async (s, config) => {
        await each.invoke({ way: s.way }, config);
        return {};
      })
      .addNode("join", () => ({}))
      .addEdge(START, "start")
      .addConditionalEdges("start", routerOf(world, "start", ["go", "stay"]), { go: "fan", stay: END })
      .addConditionalEdges("fan", (s) => ["left", "right", ...s.ways.map((way) => new Send("each", { ...s, way }))])
      .addEdge(["left", "right"], "join")
      .addConditionalEdges("join", routerOf(world, "join", ["go", "stay"]), { go: END, stay: END })
      .compile();
    for (const ways of [
      ["a", "b"],
      ["b", "b"],
    ]) {
      world.sink.written.length = 0;
      await graph.invoke({ ways }, { metadata: { workflowId: ways.join("") } });
      const known = { "chosen at start": "go" };
      expect(contextsOf(world, "left")).toEqual([{ way: "b", ...known }]);
      expect(contextsOf(world, "right")).toEqual([{ way: "b", ...known }]);
      expect(contextsOf(world, "each")).toEqual(ways.map((way) => ({ way, ...known })));
      const both = { "chosen at left": "b", "chosen at right": "b" };
      const agreed = ways[0] === ways[1] ? { "chosen at each": "b" } : {};
      expect(contextsOf(world, "join")).toEqual([{ way: "b", ...known, ...both, ...agreed }]);
    }
  });

  it("is told of the branches of a step alike, in whatever order they came", () => {
    const place = fc.record({
      namespace: fc.array(fc.constantFrom("x:1", "y:2", "z:3"), { minLength: 1, maxLength: 3 }).map((n) => n.join("|")),
      step: fc.nat(2),
    });
    // Graphs within the same task are at the same step of it, whoever asks.
    const placed = place.map(({ namespace, step }) => ({
      namespace,
      steps: { "": step, "x:1": 7, "y:2": 8, "z:3": 9 },
      endings: 0,
    }));
    fc.assert(
      fc.property(placed, placed, (a, b) => {
        expect(areParallel(a, b)).toBe(areParallel(b, a));
        expect(areParallel(a, a)).toBe(false);
      }),
    );
    const ways = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(ways, fc.func(fc.nat(100)), (chosen, key) => {
        const branches = chosen.map((way, i): EarlierChoice => {
          const place = { namespace: `each:${i}`, steps: { "": "one" }, endings: 0 };
          return { decisionPoint: "each", chosen: way, place };
        });
        const told = (order: EarlierChoice[]) => {
          const choices: EarlierChoice[] = [];
          for (const choice of order) noteChoice(choices, { ...choice });
          return pathTo(choices, "join", { namespace: "join:9", steps: { "": "two" }, endings: 0 });
        };
        const shuffled = [...branches].sort((a, b) => key(a.place.namespace) - key(b.place.namespace));
        expect(told(shuffled)).toEqual(told(branches));
        expect(told(branches)).toEqual(new Set(chosen).size === 1 ? { "chosen at each": chosen[0] } : undefined);
        expect(pathTo(branches, "other", { namespace: "each:77", steps: { "": "one" }, endings: 0 })).toBeUndefined();
      }),
    );
  });

  it("is remembered of the sixteen points that chose last", () => {
    const choices: EarlierChoice[] = [];
    const place = { namespace: "", steps: {}, endings: 0 };
    for (let i = 0; i < 20; i++) noteChoice(choices, { decisionPoint: `p${i}`, chosen: "a", place });
    const fields = Object.keys(pathTo(choices, "p19", place) ?? {});
    expect(fields).toHaveLength(15);
    expect(fields[0]).toBe("chosen at p4");
  });

  it("is known in a replay as it was then, and the run itself learns nothing of the replay", async () => {
    const world = createWorld();
    const graph = inTurn(world, { fallback: () => END }).compile({ checkpointer: new MemorySaver() });
    await graph.invoke({}, { configurable: { thread_id: "t" } });
    const [first, second] = world.sink.written;
    if (!first || !second) throw new Error("two decisions were made");
    expect(choicesIn(second.context)).toMatchObject([{ decisionPoint: "first", chosen: "b" }]);
    const pair = await counterfactual(graph, { decision: first, destination: "two", pure: ["two", "b", "one"] });
    expect(pair.decisions.map((d) => d.context["chosen at first"])).toEqual([undefined, "two"]);
    const again = await counterfactual(graph, { decision: second, destination: "one", pure: ["two", "b", "one"] });
    expect(again.decisions.map((d) => d.context)).toMatchObject([
      { "chosen at first": "b" },
      { "chosen at second": "one" },
      { "chosen at first": "two" },
    ]);
  });
});
