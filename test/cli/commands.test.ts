import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../dist/cli/run.js";
import { userName } from "../../src/cli/commands/policies.js";
import { learnedEdge } from "../../src/cli/learned-edge.js";
import { node } from "../../src/dashboard/data/machine.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "cli-commands-"));
  const clock = new ManualClock();
  const loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
  await ticketOffice(loop, triageGraph(loop), clock)(60);
  await loop.close();
  // Requests lapse: this one is made today.
  const today = await CollectiveLearningLoop.open({ storagePath: dir });
  await today.feedback.requestFeedback("ticket-1-3", "alice");
  await today.close();
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function cli(args: string[], stopped?: () => AbortSignal, onOut?: (text: string) => void) {
  const out: string[] = [];
  const err: string[] = [];
  const say = (t: string) => {
    out.push(t);
    onOut?.(t);
  };
  const code = await runCli([...args, "--dir", dir], { out: say, err: (t) => err.push(t) }, stopped);
  return { code, out: out.join("\n"), err: err.join("\n") };
}
const json = async (...args: string[]) => {
  const { code, out, err } = await cli([...args, "--json"]);
  expect(err).toBe("");
  return { code, data: JSON.parse(out) };
};

describe("traces and decisions", () => {
  it("lists the newest first, narrowed", async () => {
    const { data } = await json("traces", "list", "--limit", "7", "--destination", "billing");
    expect(data.runs).toHaveLength(7);
    for (const r of data.runs) expect(r.decisions[0].chosen).toBe("billing");
    const { out } = await cli(["traces", "list", "--limit", "2"]);
    expect(out.split("\n")).toHaveLength(3);
    expect(out).toContain("ticket-1-59");
  });

  it("shows a run as a tree with timings", async () => {
    const { out } = await cli(["traces", "show", "ticket-1-3"]);
    expect(out).toMatch(/^ticket-1-3 support success, [\d.]+ ms/);
    expect(out).toMatch(/\n {2}triage {2}[\d.]+ ms\n {2}(billing|tech) {2}/);
  });

  it("says with a code which run is not there", async () => {
    const { code, err } = await cli(["traces", "show", "NOSUCH", "--json"]);
    expect([code, JSON.parse(err).error]).toMatchObject([
      1,
      { code: "RUN_UNKNOWN", message: expect.stringContaining('the run "NOSUCH"') },
    ]);
    const mode = await cli(["policies", "mode", "triage", "fly", "--why", "x", "--json"]);
    expect(JSON.parse(mode.err).error).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("lists decisions with their probabilities", async () => {
    const { data } = await json("decisions", "ticket-1-3");
    expect(data).toHaveLength(1);
    expect(data[0].propensity).toBeGreaterThan(0);
    expect((await json("decisions", "--limit", "5", "--point", "triage")).data).toHaveLength(5);
  });
});

it("says what is waited for", async () => {
  expect((await json("feedback", "pending")).data).toMatchObject([{ workflowId: "ticket-1-3", userId: "alice" }]);
  expect((await json("feedback", "pending", "--user", "bob")).data).toEqual([]);
  expect((await json("feedback", "submit", "ticket-1-3", "--user", "alice", "--cat", "8")).data.cat.score).toBe(8);
  expect((await json("feedback", "pending")).data).toEqual([]);
});

it("examines the installation, and its exit code tells a script", async () => {
  const { code, data } = await json("doctor");
  expect(code).toBe(0);
  expect(data.map((f: { level: string }) => f.level)).toContain("ok");
  expect((await json("doctor", "--strict")).code).toBe(3);
});

it("colours what it says on a screen alone", async () => {
  const out: string[] = [];
  await runCli(["doctor", "--dir", dir], { out: (t) => out.push(t), err: () => {}, colours: true });
  expect(out.join()).toContain("\u001b[32mok  \u001b[0m");
  expect((await cli(["doctor"])).out).not.toContain("\u001b");
});

it("looks at Node, permissions, threads and engines", async () => {
  const { out } = await cli(["doctor"]);
  for (const words of [
    /ok {4}Node \d+/,
    /folders may be read and written/,
    /thread can be started/,
    /engine|TensorFlow/,
  ])
    expect(out).toMatch(words);
  expect(node("18.20.0")).toMatchObject({ level: "bad", todo: expect.stringContaining("20.19") });
  expect(node("20.18.9").level).toBe("bad");
  expect(node("20.19.0").level).toBe("ok");
});

// One of each kind; JSON is what scripts read, so nothing else may stand beside it.
it.each([
  ["status"],
  ["decisions", "--limit", "1"],
  ["traces", "list", "--limit", "1"],
  ["traces", "show", "ticket-1-3"],
  ["policies", "list"],
  ["experiments"],
  ["patterns"],
  ["feedback", "pending"],
  ["doctor"],
])("says one JSON value with --json: %j", async (...args) => {
  const { code, data } = await json(...args);
  expect(code).toBe(0);
  expect(data).toBeTypeOf("object");
});

it("changes what serves only with a reason, and keeps it", async () => {
  expect((await cli(["policies", "mode", "triage", "advise"])).code).toBe(2);
  expect((await cli(["policies", "pin", "triage", "--why", "holiday", "--by", "alice"])).code).toBe(0);
  const { data } = await json("policies", "show", "triage");
  expect(data.pinned).toBe(true);
  expect(data.history[0]).toMatchObject({ action: "pin", reason: "alice: holiday" });
  expect((await cli(["policies", "unpin", "triage", "--why", "back", "--by", "alice"])).code).toBe(0);
  expect((await json("policies", "list")).data[0]).toMatchObject({ point: "triage", pinned: false });
  for (const mode of ["trial", "auto"]) {
    expect((await cli(["policies", "mode", "triage", mode, "--why", "to see it tried"])).code).toBe(0);
    expect((await json("policies", "list")).data[0].status.mode).toBe(mode);
  }
  expect((await cli(["policies", "promote", "triage", "v9", "--why", "x"])).err).toMatch(/ARTIFACT_UNKNOWN/);
});

it("names who changes something also where the user of this machine has no name, as in a container", () => {
  const nameless = () => {
    throw new Error("A system error occurred: uv_os_get_passwd returned ENOENT");
  };
  expect(userName(nameless)).toMatch(/^user \S+$/);
  expect(userName(() => ({ username: "alice" }))).toBe("alice");
});

it("exports and takes the facts of an export into another folder", async () => {
  const { data } = await json("export", "all");
  const other = mkdtempSync(join(tmpdir(), "cli-import-"));
  try {
    await (await CollectiveLearningLoop.open({ storagePath: other })).close();
    const out: string[] = [];
    const code = await runCli(["import", data.path, "--dir", other, "--json"], {
      out: (t) => out.push(t),
      err: () => {},
    });
    expect({ code, ...JSON.parse(out[0] ?? "") }).toEqual({ code: 0, ...data.facts });
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it("takes an export that an editor saved, and says with a code which file of one is missing", async () => {
  const { data } = await json("export", "edited");
  const other = mkdtempSync(join(tmpdir(), "cli-import-"));
  const run = async () => {
    const said: string[] = [];
    const out = (t: string) => said.push(t);
    return { code: await runCli(["import", data.path, "--dir", other], { out, err: out }), said: said.join("") };
  };
  try {
    await (await CollectiveLearningLoop.open({ storagePath: other })).close();
    const file = join(data.path, "trace.jsonl");
    writeFileSync(file, `\uFEFF${readFileSync(file, "utf8").replaceAll("\n", "\r\n")}`);
    expect(await run()).toMatchObject({ code: 0, said: expect.stringContaining(`${data.facts.trace} traces`) });
    rmSync(file);
    expect(await run()).toMatchObject({ code: 1, said: expect.stringContaining("[STORE_IO]") });
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it("takes traces that other tools recorded into a folder", async () => {
  const other = mkdtempSync(join(tmpdir(), "cli-import-"));
  const run = async (...args: string[]) => {
    const out: string[] = [];
    const code = await runCli(["import", ...args, "--dir", other, "--json"], {
      out: (t) => out.push(t),
      err: () => {},
    });
    return { code, ...JSON.parse(out[0] ?? "{}") };
  };
  const attributes = [{ key: "gen_ai.operation.name", value: { stringValue: "invoke_agent" } }];
  const times = { startTimeUnixNano: "1700000000000000000", endTimeUnixNano: "1700000001000000000" };
  const span = { traceId: "1".repeat(32), spanId: "2".repeat(16), name: "a", ...times, attributes };
  try {
    await (await CollectiveLearningLoop.open({ storagePath: other })).close();
    const spans = join(other, "spans.json");
    writeFileSync(spans, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
    expect(await run("otlp", spans, "--type", "support")).toMatchObject({ code: 0, imported: 1 });
    const fuse = join(other, "fuse.json");
    writeFileSync(fuse, JSON.stringify([{ id: "t", name: "n", timestamp: "2026-01-01T00:00:00Z" }]));
    expect(await run("langfuse", fuse)).toMatchObject({ code: 0, traces: { imported: 1 } });
    expect((await run("otlp")).code).toBe(2);
    expect((await run("folder", "too-much")).code).toBe(2);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it("watches so often as it is told", async () => {
  const lines = (await cli(["watch", "--times", "1", "--json"])).out.split("\n").map((l) => JSON.parse(l));
  expect(lines).toMatchObject([{ isLearning: false }, { looks: 1 }]);
  const { out } = await cli(["watch", "--times", "2", "--every", "0.1"]);
  expect(out).toContain("decision point triage");
  expect(out).toContain("looked 2 times");
  // A timer that is to wait longer than 24 days does not wait at all.
  expect(await cli(["watch", "--every", "1e10"])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/at most 86400/),
  });
  for (const times of ["0", "2.5"]) expect((await cli(["watch", "--times", times])).err).toMatch(/CLI_USAGE.*--times/);
});

it("serves the page until it is stopped, and only with a secret where others can reach it", async () => {
  const ended = new AbortController();
  let seen: Promise<{ status: number; refused: number }> | undefined;
  const { code } = await cli(
    ["serve", "--port", "0", "--json"],
    () => ended.signal,
    (text) => {
      const { url } = JSON.parse(text) as { url?: string };
      if (!url) return;
      seen = (async () => {
        const { origin, searchParams } = new URL(url);
        const headers = { authorization: `Bearer ${searchParams.get("token")}` };
        const { status } = await fetch(`${origin}/api/overview`, { headers });
        const { status: refused } = await fetch(`${origin}/api/overview`);
        return { status, refused };
      })().finally(() => ended.abort());
    },
  );
  expect(code).toBe(0);
  expect(await seen).toEqual({ status: 200, refused: 401 });
  expect((await cli(["serve", "--host", "0.0.0.0"])).err).toMatch(/--secret and --origin/);
});

it("holds a graph to limits, beside its last run", async () => {
  const graph = join(dir, "graph.mjs");
  const cases = join(dir, "cases.jsonl");
  writeFileSync(
    graph,
    "export const graph = { async invoke({ n }) { if (n > 3) throw new Error('too large'); return { twice: 2 * n }; } };",
  );
  const row = (n: number) => JSON.stringify({ input: { n }, expected: { twice: 2 * n } });
  writeFileSync(cases, [1, 2, 3].map(row).join("\n"));
  const good = await json("check", graph, cases, "--min-reward", "1", "--max-failures", "0");
  expect(good).toMatchObject({ code: 0, data: { figures: { runs: 3, failed: 0, meanReward: 1 }, broken: [] } });
  writeFileSync(cases, [1, 2, 3, 4].map(row).join("\n"));
  const bad = await json("check", graph, cases, "--max-failures", "0.1", "--max-drop", "0.1");
  expect(bad).toMatchObject({ code: 3, data: { figures: { failed: 1, meanReward: 0.75 }, last: { meanReward: 1 } } });
  expect(bad.data.broken).toHaveLength(2);
  expect((await cli(["check", join(dir, "none.mjs"), cases])).code).toBe(2);
  const table = (await cli(["check", graph, cases, "--min-reward", "0.9"])).out;
  expect(table).toMatch(/ +now +last\n/);
  expect(table).toMatch(/mean reward +0\.750 +0\.750\n/);
  expect(table).toMatch(/LIMIT: mean reward 0\.750 is below 0\.9/);
});

describe("init", () => {
  const text = `import { StateGraph } from "@langchain/langgraph";

const graph = new StateGraph(State)
  .addNode("triage", triage)
  // A comma, in a comment.
  .addConditionalEdges("triage", (s) => (s.topic === "a, b" ? "billing" : "tech"), ["billing", "tech"])
  .compile();
`;

  it("puts the router around the function, and opens a loop below the imports", () => {
    const changed = learnedEdge(text, { dir: "./learning" });
    expect(changed).toMatchObject({ node: "triage", destinations: ["billing", "tech"] });
    expect(changed.text).toContain('fallback: (s) => (s.topic === "a, b" ? "billing" : "tech"),');
    expect(changed.text.indexOf("CollectiveLearningLoop.open")).toBeGreaterThan(
      changed.text.indexOf("StateGraph } from"),
    );
    expect(changed.text).toMatch(/exploration: 0\.05,\n\s*\}\), \["billing", "tech"\]\)/);
  });

  it("takes names of functions and maps of destinations", () => {
    const changed = learnedEdge('g.addConditionalEdges("a", route, { yes: "b", "no": END });', { dir: "x" });
    expect(changed.destinations).toEqual(["yes", "no"]);
    expect(changed.text).toContain("fallback: (state) => route(state),");
  });

  it.each([
    ["no edge", "const x = 1;", /no \.addConditionalEdges/],
    ["two edges", `${text}${text.replace('"triage", (', '"other", (')}`, /triage, other/],
    ["one that is learned", 'g.addConditionalEdges("a", loop.router({}), ["b"])', /learned/],
  ])("refuses %s", (_name, source, message) => {
    expect(() => learnedEdge(source, { dir: "x" })).toThrow(message);
  });
});
