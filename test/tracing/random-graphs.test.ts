import * as lib from "@langchain/langgraph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Path, stateOf } from "./battery/case.js";
import { tracing } from "./support.js";

const WAYS = ["static", "conditional", "command", "send", "two branches", "loop"] as const;

/**
 * A graph of nodes that go on by one of the ways there are, to later nodes, or a few times back to earlier ones, so
 * that it ends; and joins of two nodes into a later one.
 */
interface Plan {
  nodes: { way: (typeof WAYS)[number]; targets: number[]; deep: boolean }[];
  joins: [number, number, number][];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  nodes: fc.array(
    fc.record({
      way: fc.constantFrom(...WAYS),
      targets: fc.array(fc.nat(7), { minLength: 0, maxLength: 3 }),
      deep: fc.boolean(),
    }),
    { minLength: 2, maxLength: 7 },
  ),
  joins: fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(6)), { maxLength: 2 }),
});

type Hop = `${string}>${string}`;

/** Builds the graph, and has its own nodes and path functions tell where they really go. */
function build({ nodes, joins }: Plan, told: Hop[]) {
  const name = (i: number) => `n${i}`;
  let laps = 2;
  const builder = new lib.StateGraph(stateOf(lib)) as unknown as {
    addNode(name: string, action: unknown, options?: object): void;
    addEdge(from: string | string[], to: string): void;
    addConditionalEdges(from: string | object, path?: unknown, ends?: string[]): void;
    compile(): { invoke(input: object, config?: object): Promise<unknown> };
  };
  const goals = nodes.map(({ targets }, i) => [
    ...new Set(targets.map((t) => i + 1 + t).filter((t) => t < nodes.length)),
  ]);
  const tell = (i: number, to: readonly string[]) => {
    for (const t of to.length > 0 ? to : [lib.END]) told.push(`${name(i)}>${t}`);
    return to.length > 0 ? to : lib.END;
  };
  const sub = new lib.StateGraph(stateOf(lib))
    .addNode("x", () => ({}))
    .addEdge(lib.START, "x")
    .compile();
  const joined = new Map(
    joins
      .filter(([a, b, to]) => a < b && b < to && to < nodes.length)
      .map(([a, b, to]) => [`${a}+${b}:${to}`, { from: [a, b], to }]),
  );
  const tellJoins = (i: number) => {
    for (const { from, to } of joined.values()) if (from.includes(i)) told.push(`${name(i)}>${name(to)}`);
  };
  nodes.forEach(({ way, deep }, i) => {
    const to = goals[i].map(name);
    const back = name(Math.max(0, i - 1));
    if (way === "command")
      builder.addNode(
        name(i),
        () => {
          tellJoins(i);
          return new lib.Command({ goto: tell(i, to) as string[] });
        },
        { ends: [...to, lib.END] },
      );
    else if (deep) builder.addNode(name(i), sub);
    else
      builder.addNode(name(i), () => {
        if (way === "static") tell(i, to);
        if (way === "two branches") told.push(`${name(i)}>${to[1] ?? lib.END}`);
        tellJoins(i);
        return {};
      });
    if (way === "static") {
      for (const t of to.length > 0 ? to : [lib.END]) builder.addEdge(name(i), t);
    } else if (way === "loop")
      builder.addConditionalEdges(name(i), () => {
        laps -= 1;
        return tell(i, laps >= 0 ? [back] : to);
      }, [...to, back, lib.END]);
    else if (way === "conditional") builder.addConditionalEdges(name(i), () => tell(i, to), [...to, lib.END]);
    else if (way === "two branches") {
      builder.addConditionalEdges(
        name(i),
        function one() {
          return tell(i, to.slice(0, 1));
        },
        [...to, lib.END],
      );
      // Of a subgraph in the node's place, this second one would have no voice.
      const second = to[1] ?? lib.END;
      if (!deep) builder.addConditionalEdges({ source: name(i), path: new Path("two", second), pathMap: [second] });
    } else if (way === "send")
      builder.addConditionalEdges(name(i), () => {
        tell(i, to);
        return to.length > 0 ? to.map((t) => new lib.Send(t, {})) : lib.END;
      }, [...to, lib.END]);
  });
  for (const { from, to } of joined.values()) builder.addEdge(from.map(name), name(to));
  // A path map to all makes every node reachable, as the compiler wants it.
  builder.addConditionalEdges(
    lib.START,
    () => name(0),
    nodes.map((_, i) => name(i)),
  );
  return builder.compile();
}

describe.each(["tap", "callbacks"] as const)("random graphs by %s", (capture) => {
  it("are captured with the very edges they took", async () => {
    const { tracer, segments } = tracing({ capture });
    let runs = 0;
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(plan, async (made) => {
        const told: Hop[] = [];
        const graph = tracer.wrap(build(made, told) as object, { workflowType: "random" }) as ReturnType<typeof build>;
        await graph.invoke({ n: 0 }, { recursionLimit: 50 });
        const segment = (await segments()).at(-1);
        runs += 1;
        const deep = new Set(made.nodes.flatMap(({ deep, way }, i) => (deep && way !== "command" ? [`n${i}`] : [])));
        // A subgraph in a node's place has no voice to tell its static edges and joins.
        const edges = (segment?.edges ?? []).filter(
          (e) =>
            e.path.length === 0 &&
            e.from !== lib.START &&
            !(deep.has(e.from) && (e.kind === "static" || e.kind === "join")),
        );
        expect(edges.map((e) => `${e.from}>${e.to}`).sort()).toEqual([...told].sort());
        // Joins may wait for a partner that never comes; what an untraced path chose, callbacks can only infer.
        for (const e of edges) {
          kinds.add(e.kind);
          if (e.kind !== "join") expect(e).toMatchObject({ started: true });
          const isUntraced = capture === "callbacks" && made.nodes[Number(e.from.slice(1))]?.way === "two branches";
          if (!isUntraced) expect(e.inferred).toBeUndefined();
        }
        expect(segment?.status).toBe("success");
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(runs).toBeGreaterThanOrEqual(40);
    expect([...kinds].sort()).toEqual(["command", "conditional", "join", "send", "static"]);
  });
});
