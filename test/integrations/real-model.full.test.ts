import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const campaigns = fileURLToPath(new URL("../campaign/main.ts", import.meta.url));

it("a real small model in createAgent, with middleware, streaming, an experiment and a proposal", async () => {
  // A tenth of the campaign, in a process of its own: it waits for installations, and the test's worker must go on.
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", campaigns, "real-model"], {
    env: { ...process.env, RUNS: "6" },
    maxBuffer: 2 ** 26,
  });
  const said = stdout.trim().split("\n").at(-1) ?? "";
  expect(said).toMatch(/^CAMPAIGN /);
  console.log(said);
  const figures = JSON.parse(said.slice("CAMPAIGN ".length)) as Record<string, unknown>;
  // Where model or runtime cannot be had, that is said.
  if ("skipped" in figures) expect(figures.skipped).toMatch(/Linux x64|could not be installed|carries no model/);
  else {
    expect(figures).toMatchObject({ runs: 6, decisions: 6, experiment: "goes on" });
    expect(figures.chunks).toBeGreaterThan(12); // it streams
    expect(figures.proposal).toMatchObject({ status: expect.stringMatching(/^(won|lost|none)$/) });
  }
}, 3_600_000);
