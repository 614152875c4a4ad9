import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

const TSX = import.meta.resolve("tsx");

/** What a script printed, and how it ended. */
export interface ScriptResult {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a TypeScript file in a folder of its own (removed afterwards) without network or keys. */
export async function runScript(
  file: string,
  args: string[] = [],
  more: Record<string, string> = {},
): Promise<ScriptResult> {
  const cwd = mkdtempSync(join(tmpdir(), "script-"));
  try {
    return await new Promise<ScriptResult>((resolve, reject) => {
      const { LANGSMITH_TRACING: _, ...env } = process.env;
      const child = spawn(process.execPath, ["--import", TSX, file, ...args], {
        cwd,
        env: { ...env, ...more, LEARNING_DIR: join(cwd, "learning") },
      });
      let out = "";
      let err = "";
      child.stdout.on("data", (d) => {
        out += d;
      });
      child.stderr.on("data", (d) => {
        err += d;
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out, err }));
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Runs a file as {@link runScript} does: it must end well, say nothing on stderr, and print these words at least. */
export async function runsWell(file: string, words: readonly RegExp[] = []): Promise<void> {
  const result = await runScript(file);
  expect(result.err).toBe("");
  expect(result.code).toBe(0);
  for (const expected of words) expect(result.out).toMatch(expected);
}
