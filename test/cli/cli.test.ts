import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../dist/cli/run.js";
import { COMMANDS } from "../../src/cli/commands.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  const clock = new ManualClock();
  const loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
  await ticketOffice(loop, triageGraph(loop), clock)(200);
  await loop.close();
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function cli(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, { out: (t) => out.push(t), err: (t) => err.push(t) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("collective-learning", () => {
  it("lists its commands, and explains each", async () => {
    const help = await cli("--help");
    expect(help.code).toBe(0);
    expect(await cli("help")).toEqual(help);
    expect(help.out).toMatch(/Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done, and something was found/);
    for (const name of Object.keys(COMMANDS)) {
      expect(help.out).toContain(name);
      const own = await cli(name, "--help");
      expect(own).toMatchObject({ code: 0, err: "" });
      expect(own.out).toContain(`collective-learning ${name}`);
      expect(own.out, name).toMatch(new RegExp(`Examples:\n  collective-learning ${name}`));
      expect(own.out).toContain("Exit codes: 0 done");
    }
    expect((await cli()).code).toBe(2);
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await cli("--version")).toEqual({ code: 0, out: version, err: "" });
    expect((await cli("-v", "--json")).out).toBe(JSON.stringify({ version }));
  });

  it.each([
    [["statsu"], 2, /CLI_USAGE.*"status"/],
    [["status", "--dri", "x"], 2, /CLI_USAGE.*dri/],
    [["status", "--dir", "/nowhere/at/all"], 2, /CLI_USAGE.*folder that a loop has written/],
    [["status", "--config", "/nowhere.json"], 2, /CLI_USAGE/],
    [["status", "--dir", ""], 2, /CLI_USAGE.*folder that a loop has written/],
    [["status", "--dir", "test"], 2, /CLI_USAGE.*folder that a loop has written/],
    [["constructor"], 2, /CLI_USAGE.*one of init, doctor, status/],
    [["status", "now"], 2, /CLI_USAGE.*"now" after status/],
    [["export", "one", "two"], 2, /CLI_USAGE.*"two" after export/],
    [["report", "--out", "/nowhere/at/all.html"], 1, /STORE_IO.*report.*--out/],
    [["export"], 2, /CLI_USAGE.*no NAME/],
    [["export", "../up"], 1, /CONFIG_INVALID.*export name/],
    [["feedback", "w", "--user", "a", "--cat", "high"], 2, /CLI_USAGE.*--cat "high"/],
    [["feedback", "w", "--user", "a", "--outcome", ""], 2, /CLI_USAGE.*--outcome "".*a number/],
    [["feedback", "w", "--user", "a", "--satisfaction", " "], 2, /CLI_USAGE.*--satisfaction " "/],
    [["report", "--out", ""], 2, /CLI_USAGE.*--out ""/],
    [["feedback", "w", "--user", "a", "--cat", "11"], 1, /FEEDBACK_INVALID/],
    [["feedback", "w", "--user", "a", "--thumbs", "sideways"], 2, /CLI_USAGE.*--thumbs "sideways".*up or down/],
    [["feedback", "w", "--user", "a", "--dimension", "novelty=7"], 2, /CLI_USAGE.*without --cat/],
    [["feedback", "w", "--user", "a", "--cat", "9", "--dimension", "novelty"], 2, /CLI_USAGE.*NAME=NUMBER/],
    [["feedback", "w", "--user", "a", "--cat", "9", "--dimension", "novelty=high"], 2, /CLI_USAGE.*novelty=high/],
    [
      ["feedback", "w", "--user", "a", "--cat", "9", "--dimension", "novelty=7", "--dimension", "novelty=8"],
      2,
      /CLI_USAGE.*novelty twice/,
    ],
    [["feedback", "ticket-1-0", "--user", "a", "--cat", "9", "--dimension", "novelty=70"], 1, /FEEDBACK_INVALID/],
    [["feedback", "nobody", "--user", "a", "--cat", "9"], 1, /FEEDBACK_UNKNOWN_RUN/],
  ] as [string[], number, RegExp][])("refuses %j", async (args, code, words) => {
    const given = args.includes("--dir") ? args : [...args, "--dir", dir];
    const text = await cli(...given);
    expect(text.code).toBe(code);
    expect(text.err).toMatch(words);
    const json = await cli(...given, "--json");
    expect(JSON.parse(json.err)).toMatchObject({ error: { message: expect.stringMatching(words) } });
  });

  it("makes no folders where no loop has been, and takes a configuration only as an object", async () => {
    const empty = mkdtempSync(join(tmpdir(), "cli-empty-"));
    expect((await cli("status", "--dir", empty)).code).toBe(2);
    expect(readdirSync(empty)).toEqual([]);
    const file = join(empty, "config.json");
    writeFileSync(file, "[1]");
    expect((await cli("status", "--dir", dir, "--config", file)).err).toMatch(/CLI_USAGE.*no JSON object/);
    writeFileSync(file, JSON.stringify({ storagePath: "/elsewhere", seed: 3 }));
    expect((await cli("status", "--dir", dir, "--config", file)).code).toBe(0);
    rmSync(empty, { recursive: true, force: true });
  });

  it("shows the status, learns, exports, reports, takes feedback", async () => {
    expect((await cli("status", "--dir", dir)).out).toMatch(/learning: not on the timer, 0 cycles completed/);
    const cycle = await cli("cycle", "--dir", dir);
    expect(cycle.out).toMatch(/cycle 1: .*\n {2}new: 200 decisions, 200 judgements/);
    expect(cycle.out).toMatch(/promoted v1/);
    const status = JSON.parse((await cli("status", "--dir", dir, "--json")).out);
    expect(status).toMatchObject({ cyclesCompleted: 1, decisionPoints: [{ champion: "v1", rated: 200 }] });
    expect((await cli("export", "one", "--dir", dir)).out).toMatch(/200 decisions, 200 judgements, \d+ versions/);
    const file = join(dir, "report.html");
    expect((await cli("report", "--dir", dir, "--out", file)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("Decision point triage");
    const rated = await cli(
      "feedback",
      "ticket-1-0",
      "--user",
      "alice",
      "--cat",
      "9",
      "--satisfaction",
      "0.9",
      "--dir",
      dir,
      "--json",
    );
    expect(JSON.parse(rated.out)).toMatchObject({ userId: "alice", cat: { score: 9 }, ratings: { satisfaction: 0.9 } });
  });

  it("takes thumbs, and dimensions beside a CAT score", async () => {
    const feedback = (...args: string[]) =>
      cli("feedback", "ticket-1-1", "--user", "bob", ...args, "--dir", dir, "--json");
    const up = await feedback("--thumbs", "up");
    expect(JSON.parse(up.out)).toMatchObject({ userId: "bob", thumbs: "up" });
    expect(JSON.parse((await feedback("--thumbs", "down")).out)).toMatchObject({ thumbs: "down" });
    const detailed = await feedback("--cat", "8", "--dimension", "novelty=7", "--dimension", "plain words = 9.5");
    expect(JSON.parse(detailed.out).cat).toEqual({ score: 8, dimensions: { novelty: 7, "plain words": 9.5 } });
    const help = (await cli("feedback", "--help")).out;
    expect(help).toMatch(/--thumbs up\|down/);
    expect(help).toMatch(/--dimension NAME=1-10/);
  });

  const program = (...args: string[]) =>
    spawn(process.execPath, [fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url)), ...args]);

  it("finishes what it does where its reader goes early, as head does, and says nothing of it", async () => {
    const running = program("decisions", "--limit", "1000", "--json", "--dir", dir);
    running.stdout.destroy();
    let said = "";
    running.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const [code] = await once(running, "close");
    expect({ code, said }).toEqual({ code: 0, said: "" });
  });

  it.skipIf(!existsSync("/dev/full"))("says with its exit code where its answer cannot be written", async () => {
    const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const full = openSync("/dev/full", "w");
    const running = spawn(process.execPath, [main, "status", "--dir", dir], { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    let said = "";
    running.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    const [code] = await once(running, "close");
    expect(code).toBe(1);
    expect(said).toMatch(/^\[STORE_IO\] received ENOSPC.*\n$/);
  });

  it("runs as a program", () => {
    const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const out = execFileSync(process.execPath, [main, "status", "--dir", dir], { encoding: "utf8" });
    expect(out).toContain("decision point triage");
    expect(existsSync(dir)).toBe(true);
  });
});
