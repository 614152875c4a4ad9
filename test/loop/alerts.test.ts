import { createHmac } from "node:crypto";
import { ManualClock } from "langgraph-collective-learning";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../src/learning/config.js";
import { type Alert, AlertSender } from "../../src/loop/alerts.js";
import type { LearningStatus } from "../../src/loop/status.js";
import { askForApproval, settleApproval, waitingApprovals } from "../../src/registry/approvals.js";
import { openRegistry } from "../../src/registry/index.js";

const calm = () =>
  ({ components: {}, decisionPoints: [], capture: { dropped: 0, routing: {} } }) as unknown as LearningStatus;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function scene(rule: Record<string, unknown>, answers: (number | Error)[] = []) {
  const clock = new ManualClock();
  const store = createMemoryStore({ clock });
  const registry = await openRegistry({ documents: store.documents, blobs: store.blobs, clock, logger: silent });
  const posts: { url: string; init: RequestInit }[] = [];
  const state = { status: calm() };
  const parts = {
    rules: resolveConfig({ alerts: [rule as never] }).alerts,
    store,
    registry,
    clock,
    logger: silent,
    status: async () => state.status,
    send: async (url: string, init: RequestInit) => {
      posts.push({ url, init });
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      return new Response(null, { status: answer });
    },
  };
  return { clock, store, registry, posts, state, parts, watch: new AlertSender(parts) };
}

const EVERYTHING = ["promoted", "rolled-back", "waiting", "cycle-failed", "records-dropped", "budget-passed"];

describe("alerts", () => {
  it("tell of a promotion and a roll-back once, over all processes", async () => {
    const told: Alert[] = [];
    const { registry, watch, parts, clock } = await scene({ on: EVERYTHING, handler: (a: Alert) => void told.push(a) });
    clock.advance(1000);
    await registry.publish("policy/triage", "routing-policy", {}, { rows: 10 });
    await registry.promote("policy/triage", "v1", "gain +0.1");
    await watch.look();
    await new AlertSender(parts).look();
    await watch.look();
    expect(told).toMatchObject([{ kind: "promoted", subject: "policy/triage" }]);
    expect(told[0]?.text).toBe("policy/triage: v1 serves now. gain +0.1");
    await registry.rollback("policy/triage", "worse");
    await watch.look();
    expect(told.map((a) => a.kind)).toEqual(["promoted", "rolled-back"]);
  });

  it("say nothing of what happened before the process began, nor of what was not asked for", async () => {
    const told: Alert[] = [];
    const { registry, parts, clock } = await scene({ on: ["rolled-back"], handler: (a: Alert) => void told.push(a) });
    await registry.publish("policy/triage", "routing-policy", {}, { rows: 10 });
    await registry.promote("policy/triage", "v1", "x");
    await registry.rollback("policy/triage", "y");
    clock.advance(1000);
    const later = new AlertSender(parts);
    await registry.promote("policy/triage", "v1", "again");
    await later.look();
    expect(told).toEqual([]);
  });

  it("tell once that a destination changed, and what by", async () => {
    const told: Alert[] = [];
    const { watch, state, clock } = await scene({
      on: ["destination-changed"],
      handler: (a: Alert) => void told.push(a),
    });
    const change = { destination: "fast", at: "2026-01-01T08:00:00.000Z", shift: -0.413, decisions: 38 };
    const seenAt = new Date(clock.now()).toISOString();
    state.status.decisionPoints = [{ decisionPoint: "triage", changes: [{ ...change, seenAt }] }] as never;
    await watch.look();
    clock.advance(7_200_000);
    await watch.look();
    expect(told).toMatchObject([{ kind: "destination-changed", subject: "triage/fast", at: change.at }]);
    expect(told[0]?.text).toBe(
      "fast earns 0.41 less than before in like cases, since 2026-01-01T08:00:00.000Z (by 38 rated decisions).",
    );
  });

  it("repeat what goes on at most once an hour", async () => {
    const told: Alert[] = [];
    const { watch, state, clock } = await scene({ on: EVERYTHING, handler: (a: Alert) => void told.push(a) });
    state.status.capture.dropped = 3;
    await watch.look();
    clock.advance(3_599_000);
    await watch.look();
    expect(told).toHaveLength(1);
    clock.advance(1_000);
    await watch.look();
    expect(told).toHaveLength(2);
  });

  it("tell of a failed cycle and of what waits", async () => {
    const told: Alert[] = [];
    const { watch, state, store, clock } = await scene({ on: EVERYTHING, handler: (a: Alert) => void told.push(a) });
    clock.advance(5);
    state.status.lastCycle = {
      cycle: 1,
      startedAt: new Date(clock.now()).toISOString(),
      durationMs: 1,
      steps: [],
      failed: { message: "disk full" },
    };
    await askForApproval(store.documents, clock, { name: "policy/triage", version: "v2", reason: "gain +0.2" });
    await watch.look();
    expect(told.map((a) => a.kind).sort()).toEqual(["cycle-failed", "waiting"]);
  });

  it("sign what they post, and try again until it is taken", async () => {
    const secret = "a-secret-of-many-letters";
    const rule = { on: ["records-dropped"], webhook: "https://hooks.example/x", secret };
    const { watch, state, posts, clock } = await scene(rule, [500, new Error("no line"), 200]);
    state.status.capture.dropped = 1;
    const looking = watch.look();
    for (let i = 0; i < 4; i++) {
      // Lets the try fail before the clock moves on to the next.
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(60_000);
    }
    await looking;
    expect(posts).toHaveLength(3);
    const { body, headers } = posts[2]?.init ?? {};
    expect(JSON.parse(String(body))).toMatchObject({
      kind: "records-dropped",
      text: expect.stringMatching(/^1 records/),
    });
    const expected = `sha256=${createHmac("sha256", secret).update(String(body)).digest("hex")}`;
    expect((headers as Record<string, string>)["x-learning-signature"]).toBe(expected);
  });

  it("never throw: a handler that fails, a status that fails", async () => {
    const { watch, state, parts } = await scene({
      on: ["records-dropped"],
      handler: () => {
        throw new Error("mine");
      },
    });
    state.status.capture.dropped = 1;
    await watch.look();
    await new AlertSender({ ...parts, status: () => Promise.reject(new Error("no status")) }).look();
  });

  it.each([
    [{ on: [], webhook: "https://a.example" }, /alerts/],
    [{ on: ["promoted"] }, /a webhook or a handler/],
    [{ on: ["promotion"], webhook: "https://a.example" }, /alerts/],
    [{ on: ["promoted"], webhook: "file:///etc/passwd" }, /alerts/],
  ])("refuse %j", (rule, message) => {
    expect(() => resolveConfig({ alerts: [rule as never] })).toThrow(message);
  });
});

describe("approvals", () => {
  it("hold one version per name, the oldest first, and are settled by that version alone", async () => {
    const clock = new ManualClock();
    const { documents } = createMemoryStore({ clock });
    const ask = (name: string, version: string) => askForApproval(documents, clock, { name, version, reason: "r" });
    await ask("policy/b", "v1");
    clock.advance(10);
    await ask("policy/a", "v1");
    clock.advance(10);
    await ask("policy/b", "v2");
    expect((await waitingApprovals(documents)).map((a) => `${a.name} ${a.version}`)).toEqual([
      "policy/a v1",
      "policy/b v2",
    ]);
    await settleApproval(documents, "policy/b", "v1");
    expect(await waitingApprovals(documents)).toHaveLength(2);
    await settleApproval(documents, "policy/b", "v2");
    expect(await waitingApprovals(documents)).toHaveLength(1);
  });
});
