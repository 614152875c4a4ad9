import { Annotation, END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { createRouter } from "../../src/routing/index.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({ topic: z.string(), text: z.string() });
const Annotated = Annotation.Root({ topic: Annotation<string>, text: Annotation<string> });
const { deps } = createWorld();

describe("types", () => {
  it("infer state and destinations where a router is written inside addConditionalEdges", () => {
    const options = { decisionPoint: "triage" } as const;
    const graph = new StateGraph(State)
      .addNode("triage", () => ({}))
      .addNode("billing", () => ({}))
      .addEdge(START, "triage")
      .addConditionalEdges(
        "triage",
        createRouter(
          {
            ...options,
            destinations: ["billing", END],
            context: (s) => {
              expectTypeOf(s.topic).toEqualTypeOf<string>();
              return { topic: s.topic };
            },
            fallback: (s) => (s.text ? "billing" : END),
          },
          deps,
        ),
        ["billing", END],
      );
    const annotated = new StateGraph(Annotated)
      .addNode("triage", () => ({}))
      .addNode("billing", () => ({}))
      .addEdge(START, "triage")
      .addConditionalEdges(
        "triage",
        createRouter(
          { ...options, destinations: ["billing", END], context: (s) => ({ n: s.text.length }), fallback: () => END },
          deps,
        ),
        ["billing", END],
      );
    expect([graph.compile(), annotated.compile()]).toHaveLength(2);
  });

  it("refuse a fallback's wrong destination, and a path map with a node the graph lacks", () => {
    const base = { decisionPoint: "triage", context: (s: typeof State.State) => ({ topic: s.topic }) };
    // @ts-expect-error "tehc" is no destination
    createRouter({ ...base, destinations: ["billing", "tech"], fallback: () => "tehc" }, deps);
    const router = createRouter({ ...base, destinations: ["billing", "tech"], fallback: () => "tech" }, deps);
    expectTypeOf(router.destinations).toEqualTypeOf<("billing" | "tech")[]>();
    const graph = new StateGraph(State).addNode("triage", () => ({})).addNode("billing", () => ({}));
    // @ts-expect-error the graph has no node "tech"
    graph.addConditionalEdges("triage", router, router.destinations);
  });
});
