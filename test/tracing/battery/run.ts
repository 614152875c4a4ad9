import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { describe, expect, it } from "vitest";
import { brief, collect, tracing } from "../support.js";
import type { AnyGraph, Case, Library } from "./case.js";

const runOf = (test: Case) => test.run ?? ((graph: AnyGraph) => graph.invoke({ n: 0 }));

/** Runs every case bare, wrapped in both ways, and with a handler alone: same results, and the expected trace. */
export function battery(title: string, lib: Library, cases: readonly Case[]): void {
  describe.each(cases)(`${title}: $name`, (test) => {
    const bare = async () => runOf(test)(test.build(lib), lib);

    it.each(["tap", "callbacks"] as const)("by %s", async (capture) => {
      const { tracer, trace } = tracing({ capture });
      const graph = tracer.wrap(test.build(lib), { workflowType: "battery" });
      expect(await runOf(test)(graph, lib)).toEqual(await bare());
      const expected = capture === "tap" ? test.expected : { ...test.expected, ...test.byCallbacks };
      await expect.poll(async () => brief(await trace()), { interval: 5 }).toEqual(expected);
      expect(AsyncLocalStorageProviderSingleton.getRunnableConfig()).toBeUndefined();
    });

    // A case that runs its graph in a way of its own says in it what else it streams.
    if (test.run === undefined)
      it.each(["tap", "callbacks"] as const)("streams by %s as bare", async (capture) => {
        const graph = tracing({ capture }).tracer.wrap(test.build(lib), { workflowType: "battery" });
        // Chunks of one step come in the order in which its nodes end, which no two runs need share.
        const chunks = async (g: AnyGraph) =>
          (
            await collect(await g.stream({ n: 0 }, { streamMode: ["values", "updates", "tasks"], subgraphs: true }))
          ).sort();
        expect(await chunks(graph)).toEqual(await chunks(test.build(lib)));
      });

    it("by a handler alone", async () => {
      const { tracer, trace } = tracing();
      const graph = test.build(lib);
      const handler = tracer.handler({ workflowType: "battery", graph });
      const handled = (graph as unknown as { withConfig(config: object): AnyGraph }).withConfig({
        callbacks: [handler],
      });
      expect(await runOf(test)(handled, lib)).toEqual(await bare());
      const expected = { ...test.expected, ...test.byCallbacks, ...test.byHandler };
      await expect.poll(async () => brief(await trace()).nodes, { interval: 5 }).toEqual(expected.nodes);
      expect(brief(await trace())).toEqual(expected);
    });
  });
}
