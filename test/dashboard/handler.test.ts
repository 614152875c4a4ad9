import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { createDashboard, type Dashboard } from "langgraph-collective-learning/dashboard";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCursor } from "../../src/dashboard/data/run-query.js";
import { listRuns } from "../../src/dashboard/data/runs.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

const TOKEN = "a-token-of-many-characters";
const HOME = "http://localhost:4870";
let dir: string;
let loop: CollectiveLearningLoop;
let dashboard: Dashboard;
const clock = new ManualClock();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "dashboard-"));
  loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
  await ticketOffice(loop, triageGraph(loop), clock)(120);
  await loop.flush();
  dashboard = createDashboard(loop, { token: TOKEN });
}, 60_000);
afterAll(async () => {
  await loop.close();
  rmSync(dir, { recursive: true, force: true });
});

const BEARER = { authorization: `Bearer ${TOKEN}` };
const get = (path: string, headers: Record<string, string> = BEARER, of = dashboard) =>
  of(new Request(`${HOME}${path}`, { headers }));
const post = (path: string, body: unknown, headers: Record<string, string> = BEARER, of = dashboard) =>
  of(
    new Request(`${HOME}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
const dataOf = async (path: string) => {
  const response = await get(path);
  expect(response.status).toBe(200);
  return response.json();
};

describe("who gets in", () => {
  it("takes the token once, leaves it out of the address, and lets the cookie in", async () => {
    const first = await get(`/?token=${TOKEN}`, {});
    expect(first.status).toBe(303);
    expect(first.headers.get("location")).toBe("/");
    const cookie = first.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const page = await get("/", { cookie: cookie.split(";")[0] ?? "" });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'sha256-/);
    const text = await page.text();
    expect(text).toContain('<div id="app" data-base="/">');
    expect(gzipSync(text).length).toBeLessThan(120 * 1024);
    expect(text.match(/(src|href)="https?:/g)).toBeNull();
  });

  it.each([
    ["no token", "/api/overview", {}],
    ["a wrong token", "/api/overview", { authorization: "Bearer something-else-entirely" }],
    ["a wrong token in the address", "/?token=wrong", {}],
    ["a made-up cookie", "/api/runs", { cookie: "collective_learning_4870=abc" }],
  ])("refuses %s", async (_name, path, headers) => {
    expect((await get(path, headers)).status).toBe(401);
  });

  it("refuses a name of another host, which a foreign page may have pointed here", async () => {
    const response = await dashboard(new Request("http://evil.example:4870/api/overview", { headers: BEARER }));
    expect(response.status).toBe(403);
  });

  it.each([
    "/api/../api/overview/x",
    "/api/__proto__",
    "/api/constructor",
    "/..%2f..%2fetc/passwd",
    "/api/%2e%2e/overview",
    "/package.json",
  ])("answers %s with 404", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("changes", () => {
  const judge = { workflowId: "ticket-1", thumbs: "up" };

  it("refuses another origin, another site, another content type and a cookie without the page's own word", async () => {
    const cookie = ((await get(`/?token=${TOKEN}`, {})).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect((await post("/api/judge", judge, { ...BEARER, origin: "https://evil.example" })).status).toBe(403);
    expect((await post("/api/judge", judge, { ...BEARER, "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post("/api/judge", judge, { ...BEARER, "content-type": "text/plain" })).status).toBe(415);
    expect((await post("/api/judge", judge, { cookie })).status).toBe(403);
    const { csrf } = (await (await get("/api/me", { cookie })).json()) as { csrf: string };
    expect((await post("/api/judge", {}, { cookie, "x-csrf": csrf })).status).toBe(400);
  });

  it.each([
    ["no JSON", "{", 400],
    ["a list", "[]", 400],
    ["a body that is too long", JSON.stringify({ workflowId: "x".repeat(70_000) }), 413],
    ["a run that is not there", { workflowId: "nowhere", thumbs: "up" }, 422],
    ["a score out of range", { workflowId: "ticket-1", cat: { score: 11 } }, 422],
  ])("refuses %s", async (_name, body, status) => {
    expect((await post("/api/judge", body)).status).toBe(status);
  });

  it("refuses GET where something changes", async () => {
    expect((await get("/api/steer")).status).toBe(405);
    expect((await post("/api/overview", {})).status).toBe(405);
    expect((await post("/api/me", {})).status).toBe(405);
    // A stream that nobody reads would stay open.
    const head = new Request(`${HOME}/api/events`, { method: "HEAD", headers: BEARER });
    expect((await dashboard(head)).status).toBe(405);
  });

  it("lets nobody judge or steer a read-only page", async () => {
    const closed = createDashboard(loop, { token: TOKEN, readonly: true });
    expect((await post("/api/judge", judge, BEARER, closed)).status).toBe(403);
    expect((await get("/api/overview", BEARER, closed)).status).toBe(200);
  });

  it("asks the host who it is, and keeps to what that person may", async () => {
    const rights = { alice: ["read", "judge", "steer"], bob: ["read"] } as const;
    const identified = createDashboard(loop, {
      path: "/learning",
      identify: (r) => {
        const name = r.headers.get("x-user");
        return name === "alice" || name === "bob" ? { name, may: rights[name] } : undefined;
      },
    });
    const as = (user: string) => ({ "x-user": user });
    expect((await get("/learning/api/me", {}, identified)).status).toBe(401);
    expect((await get("/learning/api/me", BEARER, identified)).status).toBe(401);
    expect((await get("/learning", as("bob"), identified)).headers.get("location")).toBe("/learning/");
    const steer = { action: "mode", name: "triage", mode: "advise", why: "to look at it" };
    const csrfOf = async (user: string) =>
      ((await (await get("/learning/api/me", as(user), identified)).json()) as { csrf: string }).csrf;
    const headers = async (user: string) => ({ ...as(user), "x-csrf": await csrfOf(user) });
    expect((await post("/learning/api/steer", steer, await headers("bob"), identified)).status).toBe(403);
    const crossed = { ...as("alice"), "x-csrf": await csrfOf("bob") };
    expect((await post("/learning/api/steer", steer, crossed, identified)).status).toBe(403);
    expect((await post("/learning/api/steer", steer, await headers("alice"), identified)).status).toBe(200);
    const { changes } = (await dataOf("/api/system")) as { changes: { by: string; why: string; action: string }[] };
    expect(changes[0]).toMatchObject({ by: "alice", action: "mode", to: "advise", why: "to look at it" });
    const { decisionPoints } = await loop.getLearningStatus();
    expect(decisionPoints[0]?.mode).toBe("advise");
    const trial = { ...steer, mode: "trial" };
    expect((await post("/learning/api/steer", trial, await headers("alice"), identified)).status).toBe(200);
    expect((await loop.getLearningStatus()).decisionPoints[0]?.mode).toBe("trial");
    await loop.setMode("triage", "auto");
  });
});

it("refuses a short token and a path that is none", () => {
  expect(() => createDashboard(loop, { token: "short" })).toThrow(/CONFIG_INVALID.*at least 16/);
  expect(() => createDashboard(loop, { path: "learning?" })).toThrow(/CONFIG_INVALID.*path/);
});

describe("data", () => {
  it("says what serves, how many decisions came, and what is wrong", async () => {
    const o = (await dataOf("/api/overview")) as { points: Record<string, unknown>[]; waits: { requests: number } };
    expect(o.points[0]).toMatchObject({ decisionPoint: "triage" });
    expect(o.points[0]?.["perDay"]).toBeGreaterThan(0);
    expect(o.waits.requests).toBe(0);
  });

  it("pages through all runs without gap or repetition, newest first", async () => {
    const seen: { workflowId: string; startedAt: string }[] = [];
    let cursor: string | undefined;
    do {
      const page = (await dataOf(`/api/runs?limit=17${cursor ? `&cursor=${cursor}` : ""}`)) as {
        runs: { workflowId: string; startedAt: string }[];
        cursor?: string;
      };
      expect(page.runs.length).toBeLessThanOrEqual(17);
      seen.push(...page.runs);
      cursor = page.cursor;
    } while (cursor);
    expect(seen).toHaveLength(120);
    expect(new Set(seen.map((r) => r.workflowId)).size).toBe(120);
    expect(seen.map((r) => r.startedAt)).toEqual(
      seen
        .map((r) => r.startedAt)
        .sort()
        .reverse(),
    );
  });

  it("narrows by destination, reward and edge", async () => {
    const all = (await dataOf("/api/runs?limit=200")) as {
      runs: { decisions: { chosen: string }[]; reward?: number }[];
    };
    const chosen = all.runs[0]?.decisions[0]?.chosen ?? "";
    const narrowed = (await dataOf(`/api/runs?limit=200&destination=${chosen}`)) as typeof all;
    expect(narrowed.runs.length).toBe(all.runs.filter((r) => r.decisions[0]?.chosen === chosen).length);
    // Page by page it is the same, each run once.
    const paged: string[] = [];
    for (let cursor = ""; ; ) {
      const page = (await dataOf(`/api/runs?limit=7&destination=${chosen}&cursor=${cursor}`)) as {
        runs: { workflowId: string }[];
        cursor?: string;
      };
      paged.push(...page.runs.map((r) => r.workflowId));
      if (!page.cursor) break;
      cursor = page.cursor;
    }
    expect(paged).toEqual((narrowed as unknown as { runs: { workflowId: string }[] }).runs.map((r) => r.workflowId));
    expect(await dataOf("/api/runs?version=v99")).toMatchObject({ runs: [], scanned: 0, complete: true });
    const edge = (await dataOf(`/api/runs?limit=200&edge=triage>${chosen}`)) as typeof all;
    expect(edge.runs.length).toBe(narrowed.runs.length);
    const good = (await dataOf("/api/runs?limit=200&minReward=0.9")) as typeof all;
    expect(good.runs.length).toBe(all.runs.filter((r) => (r.reward ?? -1) >= 0.9).length);
    expect((await get("/api/runs?minReward=2")).status).toBe(400);
    expect((await get("/api/runs?cursor=nonsense")).status).toBe(400);
    const end = Buffer.from('["+275760-09-13T00:00:00.000Z",[]]').toString("base64url");
    expect((await get(`/api/runs?cursor=${end}`)).status).toBe(400);
  });

  it("looks for a text newest first, says how far it came, and goes on from there to the end", async () => {
    const { runs: all } = (await dataOf("/api/runs?limit=200")) as { runs: { workflowId: string }[] };
    const wanted = all.map((r) => r.workflowId).filter((id) => id.includes("ticket-1-1"));
    expect(wanted.length).toBeGreaterThan(10);
    // The same loop, by its declarations in the sources.
    const source = { loop } as unknown as Parameters<typeof listRuns>[0];
    const found: string[] = [];
    let cursor: string | undefined;
    let looked = 0;
    let pages = 0;
    do {
      // No time at all: every page ends after its first look.
      const options = { cursor: parseCursor(cursor ?? null), limit: 4, budgetMs: -1 };
      const page = await listRuns(source, { text: "TICKET-1-1" }, options);
      found.push(...page.runs.map((r) => r.workflowId));
      looked += page.scanned;
      if (page.cursor) expect(page.until).toBeDefined();
      cursor = page.cursor;
      pages++;
    } while (cursor);
    expect(found).toEqual(wanted);
    expect(pages).toBeGreaterThan(wanted.length / 4);
    expect(looked).toBeGreaterThanOrEqual(wanted.length);
    const none = await listRuns(source, { text: "nobody wrote this" }, { budgetMs: -1 });
    expect(none).toMatchObject({ runs: [], complete: false });
  });

  it("counts every edge of the graph as often as it was taken", async () => {
    const g = (await dataOf("/api/graph")) as {
      runs: number;
      edges: { from: string; taken: number; meanReward?: number }[];
    };
    expect(g.runs).toBe(120);
    const out = g.edges.filter((e) => e.from === "triage").reduce((n, e) => n + e.taken, 0);
    expect(out).toBe(120);
  });

  it("takes a judgement, shows it, and takes it back", async () => {
    const { runs } = (await dataOf("/api/runs?limit=1")) as { runs: { workflowId: string }[] };
    const workflowId = runs[0]?.workflowId ?? "";
    const hostile = "<img src=x onerror=alert(1)></script><script>alert(2)</script>";
    const stored = await post("/api/judge", { workflowId, cat: { score: 3 }, comment: hostile });
    const { feedbackId } = (await stored.json()) as { feedbackId: string };
    const run = (await dataOf(`/api/run?id=${workflowId}`)) as { feedback: Record<string, unknown>[] };
    expect(run.feedback.find((f) => f["userId"] === "local")).toMatchObject({ cat: { score: 3 }, comment: hostile });
    expect((await post("/api/undo", { workflowId, feedbackId })).status).toBe(200);
    const after = (await dataOf(`/api/run?id=${workflowId}`)) as typeof run;
    expect(after.feedback.some((f) => f["userId"] === "local")).toBe(false);
  });

  it("puts what was asked first into the inbox, and out of it once this person judged", async () => {
    const { runs } = (await dataOf("/api/runs?limit=3")) as { runs: { workflowId: string }[] };
    const workflowId = runs[2]?.workflowId ?? "";
    await loop.feedback.requestFeedback(workflowId, "local");
    type Inbox = { items: { workflowId: string; why: string }[]; mine: number };
    const before = (await dataOf("/api/inbox")) as Inbox;
    expect(before).toMatchObject({ mine: 1 });
    expect(before.items[0]).toMatchObject({ workflowId, why: "asked" });
    await post("/api/judge", { workflowId, thumbs: "down" });
    const after = (await dataOf("/api/inbox")) as Inbox;
    expect(after.mine).toBe(0);
    expect(after.items.some((i) => i.workflowId === workflowId && i.why === "asked")).toBe(false);
  });

  it("asks somebody by name, who finds the run first", async () => {
    const { runs } = (await dataOf("/api/runs?limit=9")) as { runs: { workflowId: string }[] };
    const workflowId = runs[7]?.workflowId ?? "";
    expect((await post("/api/assign", { workflowId, userId: "carol" })).status).toBe(200);
    expect((await loop.feedback.pendingRequests("carol")).map((r) => r.workflowId)).toEqual([workflowId]);
    expect((await post("/api/assign", { workflowId, userId: " " })).status).toBe(400);
    expect((await post("/api/assign", { workflowId: "nowhere", userId: "carol" })).status).toBe(422);
    const { changes } = (await dataOf("/api/system")) as { changes: Record<string, unknown>[] };
    expect(changes[0]).toMatchObject({ action: "assign", subject: workflowId, to: "carol", by: "local" });
  });

  it("gives two people never the same run while one of them has it before them", async () => {
    const identified = createDashboard(loop, {
      identify: (r) => ({ name: r.headers.get("x-user") ?? "", may: ["read", "judge"] }),
    });
    const as = async (user: string) => {
      const me = (await (await get("/api/me", { "x-user": user }, identified)).json()) as { csrf: string };
      return { "x-user": user, "x-csrf": me.csrf };
    };
    const items = async (user: string) => {
      const inbox = (await (await get("/api/inbox", await as(user), identified)).json()) as {
        items: { workflowId: string }[];
      };
      return inbox.items.map((i) => i.workflowId);
    };
    const hold = async (user: string, workflowId: string) =>
      (await post("/api/hold", { workflowId }, await as(user), identified)).json();
    const [first = "", second = "", third = ""] = await items("ann");
    expect(await hold("ann", first)).toEqual({ held: true });
    expect(await items("ann")).toContain(first);
    expect(await items("ben")).not.toContain(first);
    // Both had opened the page before: the second is told, and goes on to the next.
    expect(await hold("ben", first)).toEqual({ held: false });
    expect(await hold("ben", second)).toEqual({ held: true });
    const nowhere = await post("/api/hold", { workflowId: "nowhere" }, await as("ann"), identified);
    expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { code: "RUN_UNKNOWN" }]);
    // Whoever goes on gives up what was held before; so does whoever stays away.
    expect(await hold("ann", third)).toEqual({ held: true });
    expect(await items("ben")).toContain(first);
    expect(await items("ann")).not.toContain(second);
    clock.advance(11 * 60_000);
    expect(await items("ann")).toContain(second);
    expect((await post("/api/hold", {}, await as("ann"), identified)).status).toBe(400);
  });

  it.each(["policies", "prompts", "patterns", "rewards", "system", "report"])("answers %s", async (name) => {
    expect(await dataOf(`/api/${name}`)).toBeDefined();
  });

  it("streams events, and stops when the reader goes", async () => {
    const response = await get("/api/events");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("retry");
    await reader?.cancel();
  });
});
