import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { escapeHtml, escapeMermaid } from "../../src/core/escape.js";
import { renderPolicyMermaid } from "../../src/routing/index.js";

const HOSTILE = `a"]; click n1 "alert(1)" <img src=x onerror=1>`;

describe("names in pages and drawings", () => {
  it("are text, not markup", () => {
    expect(escapeHtml(`<a href="x">'&`)).toBe("&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    expect(escapeMermaid('say "no"; # `x`')).toBe("say #34;no#34;#59; #35; #96;x#96;");
  });

  it("stay inside their box of a drawn graph", () => {
    const State = new StateSchema({ n: z.number() });
    const graph = new StateGraph(State)
      .addNode(HOSTILE, () => ({}))
      .addEdge(START, HOSTILE)
      .addEdge(HOSTILE, END)
      .compile();
    const drawn = renderPolicyMermaid(graph, []);
    expect(drawn).toContain("a#34;]#59; click n1");
    expect(drawn).not.toMatch(/<img|a"\]/);
  });
});
