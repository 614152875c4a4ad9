import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ticketOffice, triageGraph } from "../support/triage.js";

const token = "a-token-of-many-characters";
let dir: string;
let loop: CollectiveLearningLoop;
const clock = new ManualClock();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "dashboard-"));
  loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
}, 60_000);
afterAll(async () => {
  await loop.close();
  rmSync(dir, { recursive: true, force: true });
});

const dataOf = async (path: string) => {
  const dashboard = createDashboard(loop, { token });
  const response = await dashboard(
    new Request(`http://localhost:4870${path}`, { headers: { authorization: `Bearer ${token}` } }),
  );
  expect(response.status).toBe(200);
  return response.json();
};

it("draws what the graph's code declares and no run took", async () => {
  const serve = ticketOffice(loop, triageGraph(loop, { exploration: 0 }), clock, 2);
  await serve(10);
  const { nodes, edges } = (await dataOf("/api/graph")) as {
    nodes: { name: string; executions: number }[];
    edges: { from: string; to: string; taken: number; kind: string }[];
  };
  // The fallback always says billing.
  expect(nodes.map((n) => [n.name, n.executions])).toEqual([
    ["__start__", 0],
    ["triage", 10],
    ["billing", 10],
    ["tech", 0],
    ["__end__", 0],
  ]);
  expect(edges.filter((e) => e.taken === 0)).toMatchObject([
    { from: "tech", to: "__end__", kind: "static" },
    { from: "triage", to: "tech", kind: "conditional" },
  ]);
});

it("counts what came since it looked last", async () => {
  const counts = async () => (await loop.getLearningStatus()).decisionPoints.map((p) => [p.decisions, p.rated]);
  expect(await counts()).toEqual([[10, 10]]);
  await ticketOffice(loop, triageGraph(loop, { exploration: 0 }), clock, 3)(5);
  await loop.flush();
  expect(await counts()).toEqual([[15, 15]]);
});

it("shows what the last cycle found out without reading all facts, until something else serves or was erased", async () => {
  await ticketOffice(loop, triageGraph(loop), clock)(200);
  const anew = vi.spyOn(loop, "createReport");
  await loop.triggerLearningCycle();
  expect(loop.registry.champion("policy/triage")?.version).toBe("v1");
  const shown = (await dataOf("/api/report")) as Awaited<ReturnType<typeof loop.createReport>>;
  expect(anew).not.toHaveBeenCalled();
  const { points } = JSON.parse(JSON.stringify(await loop.createReport()));
  expect(shown.points).toEqual(points);
  expect(shown.points[0]?.destinations.flatMap((d) => d.towards).length).toBeGreaterThan(0);

  anew.mockClear();
  await loop.registry.rollback("policy/triage", "by hand");
  const after = (await dataOf("/api/report")) as typeof shown;
  expect(anew).toHaveBeenCalledTimes(1);
  expect(after.points[0]?.champion).toBeUndefined();
  expect(after.points[0]?.events.at(-1)?.action).toBe("rollback");

  await loop.erase({ workflowId: "ticket-1-3" });
  expect(await loop.inspect.lastReport()).toBeUndefined();
});
