import * as lib from "@langchain/langgraph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stateOf } from "./battery/case.js";
import { tracing } from "./support.js";

/** A graph of nodes in layers, so that it ends: each node goes on by one of the ways there are. */
interface Plan {
  nodes: { way: "static" | "conditional" | "command" | "send" | "two branches"; targets: number[]; deep: boolean }[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  nodes: fc.array(
    fc.record({
      way: fc.constantFrom("static", "conditional", "command", "send", "two branches"),
      targets: fc.array(fc.nat(7), { minLength: 0, maxLength: 3 }),
      deep: fc.boolean(),
    }),
    { minLength: 2, maxLength: 7 },
  ),
});

type Hop = `${string}>${string}`;

/** Builds the graph, and has its own nodes and path functions tell where they really go. */
function build({ nodes }: Plan, told: Hop[]) {
  const name = (i: number) => `n${i}`;
  const builder = new lib.StateGraph(stateOf(lib)) as unknown as {
    addNode(name: string, action: unknown, options?: object): void;
    addEdge(from: string, to: string): void;
    addConditionalEdges(from: string, path: unknown, ends?: string[]): void;
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
  nodes.forEach(({ way, deep }, i) => {
    const to = (goals[i] as number[]).map(name);
    if (way === "command")
      builder.addNode(name(i), () => new lib.Command({ goto: tell(i, to) as string[] }), { ends: [...to, lib.END] });
    else if (deep) builder.addNode(name(i), sub);
    else
      builder.addNode(name(i), () => {
        if (way === "static") tell(i, to);
        return {};
      });
    if (way === "static") {
      for (const t of to.length > 0 ? to : [lib.END]) builder.addEdge(name(i), t);
    } else if (way === "conditional") builder.addConditionalEdges(name(i), () => tell(i, to), [...to, lib.END]);
    else if (way === "two branches") {
      builder.addConditionalEdges(
        name(i),
        function one() {
          return tell(i, to.slice(0, 1));
        },
        [...to, lib.END],
      );
    } else if (way === "send")
      builder.addConditionalEdges(name(i), () => {
        tell(i, to);
        return to.length > 0 ? to.map((t) => new lib.Send(t, {})) : lib.END;
      }, [...to, lib.END]);
  });
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
    await fc.assert(
      fc.asyncProperty(plan, async (made) => {
        const told: Hop[] = [];
        const graph = tracer.wrap(build(made, told) as object, { workflowType: "random" }) as ReturnType<typeof build>;
        await graph.invoke({ n: 0 }, { recursionLimit: 50 });
        const segment = (await segments()).at(-1);
        runs += 1;
        const deepStatic = new Set(
          made.nodes.flatMap((node, i) => (node.deep && node.way === "static" ? [`n${i}`] : [])),
        );
        // A subgraph in a node's place has no voice to tell its static edges.
        const edges = (segment?.edges ?? []).filter(
          (e) => e.path.length === 0 && e.from !== lib.START && !deepStatic.has(e.from),
        );
        expect(edges.map((e) => `${e.from}>${e.to}`).sort()).toEqual([...told].sort());
        expect(edges.every((e) => e.started && !e.inferred)).toBe(true);
        expect(segment?.status).toBe("success");
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(runs).toBeGreaterThanOrEqual(40);
  });
});
