import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { isLearningError, LearningError, messageOf } from "../../core/index.js";
import { VERSION } from "../../core/version.js";
import type { CollectiveLearningLoop } from "../../loop/collective-learning-loop.js";
import { TOOLS } from "./tools.js";

/** Options of {@link createMcpServer}. */
export interface McpOptions {
  /** Offers the tools that change what serves (default false). */
  allowChanges?: boolean;
}

/**
 * A Model Context Protocol server over a loop: an agent that develops the graph asks what works. Reading and
 * feedback always; promotions and roll-backs only with `allowChanges`. Needs the optional peer
 * `@modelcontextprotocol/sdk`.
 * @throws INTEGRATION_FAILED without that package
 */
export async function createMcpServer(loop: CollectiveLearningLoop, options: McpOptions = {}): Promise<McpServer> {
  const { McpServer } = await sdk(() => import("@modelcontextprotocol/sdk/server/mcp.js"));
  const server = new McpServer({ name: "collective-learning", version: VERSION });
  for (const { name, description, input, changes, run } of TOOLS) {
    if (changes && !options.allowChanges) continue;
    const annotations = { readOnlyHint: !changes && name !== "submit_feedback", destructiveHint: changes === true };
    server.registerTool(
      name,
      { description, inputSchema: input, annotations },
      async (given: Record<string, unknown>) => {
        try {
          return { content: [{ type: "text" as const, text: JSON.stringify(await run(loop, given), null, 2) }] };
        } catch (error) {
          const text = `${isLearningError(error) ? `${error.code}: ` : ""}${messageOf(error)}`;
          return { isError: true, content: [{ type: "text" as const, text }] };
        }
      },
    );
  }
  return server;
}

/** Serves a loop over standard input and output until the other side closes it. */
export async function serveMcp(loop: CollectiveLearningLoop, options: McpOptions = {}): Promise<void> {
  const { StdioServerTransport } = await sdk(() => import("@modelcontextprotocol/sdk/server/stdio.js"));
  const server = await createMcpServer(loop, options);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    // The transport does not notice that its input has ended.
    process.stdin.once("end", () => void server.close().then(resolve, () => resolve()));
  });
  await server.connect(new StdioServerTransport());
  await closed;
}

async function sdk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `no package @modelcontextprotocol/sdk (${messageOf(cause)})`,
      expected: "the optional peer that speaks the protocol",
      remedy: "Run: npm install @modelcontextprotocol/sdk",
      cause,
    });
  }
}
