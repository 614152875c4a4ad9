import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { expect, it } from "vitest";

it("the command mcp serves a folder over standard input and output, and ends with its input", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mcp-"));
  await (await CollectiveLearningLoop.open({ storagePath: folder })).close();
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url)), "mcp", "--dir", folder],
    stderr: "ignore",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const { content } = await client.callTool({ name: "learning_status", arguments: {} });
  expect(JSON.parse((content as { text: string }[])[0]?.text ?? "")).toMatchObject({ cyclesCompleted: 0 });
  await client.close();
  rmSync(folder, { recursive: true, force: true });
});
