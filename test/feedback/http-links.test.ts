import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keyedId } from "../../src/feedback/collect/keyed-submissions.js";
import { createFeedbackHandler, FeedbackCollector } from "../../src/feedback/index.js";
import { FeedbackTokens } from "../../src/feedback/web/tokens.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { good, secret, setUp } from "./http-support.js";
import { segment } from "./support.js";

describe("a feedback link", () => {
  it("refuses forged, changed, replayed, expired and oversized tokens", async () => {
    const { handler, post, clock, collector } = await setUp();
    const token = handler.token("w1", "alice");
    const [payload, signature] = token.split(".") as [string, string];
    const foreign = createFeedbackHandler({ collector, secret: "another secret, 20 long", clock }).token("w1", "alice");
    const changed = Buffer.from(payload, "base64url").toString().replace("alice", "carol");
    const forged = [
      foreign,
      `${Buffer.from(changed).toString("base64url")}.${signature}`,
      payload,
      `${payload}.`,
      "",
      ".",
    ];
    for (const t of forged) expect([t, (await post(t, good)).status]).toEqual([t, 401]);
    expect((await post(`${"x".repeat(5000)}.${signature}`, good)).status).toBe(401);

    expect((await post(token, good)).status).toBe(201);
    expect((await post(token, good)).status).toBe(409);
    expect((await post(token, { thumbs: "down" })).status).toBe(409);

    const late = handler.token("w1", "dave", 1000);
    clock.advance(1000);
    expect((await post(late, good)).status).toBe(410);
    expect((await handler(new Request(`http://here/?token=${late}`))).status).toBe(410);
    expect((await collector.getFeedback("w1")).history).toHaveLength(1);
  });

  it("lets one of several submissions at once through", async () => {
    const { handler, post, collector } = await setUp();
    const token = handler.token("w1", "alice");
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(token, good)));
    expect(answers.map((a) => a.status).sort()).toEqual([201, ...new Array(19).fill(409)]);
    expect((await collector.getFeedback("w1")).history).toHaveLength(1);
  });

  it("lets one of two processes through that take the same link at once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "feedback-link-"));
    const at = (name: string) => join(folder, name);
    const opened = async () => {
      const store = await openFileStore({ traces: at("t"), feedback: at("f"), models: at("m"), fsync: false });
      // A slow disk, so that the second comes while the first is under way.
      const append: LearningStore["append"] = async (kind, facts) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return store.append(kind, facts);
      };
      return { ...store, append };
    };
    const stores = [await opened(), await opened()];
    await stores[0]?.append("trace", [segment("w1")]);
    const handlers = stores.map((store) =>
      createFeedbackHandler({ collector: new FeedbackCollector({ store }), secret: "a secret for the tests" }),
    );
    try {
      for (let trial = 0; trial < 8; trial++) {
        const token = handlers[0]?.token("w1", `user ${trial}`);
        const request = () =>
          new Request(`http://here/?token=${token}`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(good),
          });
        const answers = await Promise.all(handlers.map((handler) => handler(request())));
        expect(answers.map((a) => a.status).sort()).toEqual([201, 409]);
        expect((await Promise.all(handlers.map((h) => h(request())))).map((a) => a.status)).toEqual([409, 409]);
      }
      const { history } = await new FeedbackCollector({ store: stores[1] as LearningStore }).getFeedback("w1");
      expect(history).toHaveLength(8);
    } finally {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("takes over the claim of a process that died with it", async () => {
    const { clock, handler, post, store } = await setUp();
    const token = handler.token("w1", "alice");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const nonce = JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString("utf8"))[3] as string;
    const key = keyedId("w1", "alice", nonce);
    const claimOf = (holder: string) =>
      store.documents.put("feedback-links", { claims: { [key]: { holder, at: clock.now() } } });
    await claimOf(`${process.ppid}-0-alive`);
    expect((await post(token, good)).status).toBe(409);
    await claimOf(`${dead}-0-gone`);
    expect((await post(token, good)).status).toBe(201);
  });

  it("refuses a submission that says nothing, and leaves the link good", async () => {
    const { handler, post } = await setUp();
    const token = handler.token("w1", "alice");
    expect((await post(token, { ratings: {}, comment: "" })).status).toBe(400);
    expect((await post(token, good)).status).toBe(201);
  });

  it("shows no form for a link that was used, and speaks refusals at once", async () => {
    const { handler, post } = await setUp();
    const token = handler.token("w1", "alice");
    const get = () => handler(new Request(`http://here/?token=${token}`, { headers: { accept: "text/html" } }));
    expect((await get()).status).toBe(200);
    expect((await post(token, good)).status).toBe(201);
    const used = await get();
    expect(used.status).toBe(409);
    expect(await used.text()).toContain('<p role="alert">');
  });

  it("refuses a link that another process took, and counts the first of two", async () => {
    const { store, clock, handler, collector, post } = await setUp();
    const other = new FeedbackCollector({ store, clock });
    const there = createFeedbackHandler({ collector: other, secret, clock });
    const token = handler.token("w1", "alice");
    const body = new URLSearchParams({ token, score: "2" });
    const submit = () => there(new Request("http://there/", { method: "POST", body }));
    // Both have read the store before either takes the link.
    await other.submitFeedback({ workflowId: "w1", userId: "bob", thumbs: "up", idempotencyKey: "k" });
    await collector.submitFeedback({ workflowId: "w1", userId: "eve", thumbs: "up", idempotencyKey: "k" });
    expect((await post(token, good)).status).toBe(201);
    expect((await submit()).status).toBe(409);
    const [first] = (await collector.getFeedback("w1")).history.filter((r) => r.userId === "alice");
    await store.append("feedback", [{ ...first, cat: { score: 1, dimensions: {} } }]);
    const { current } = await collector.getFeedback("w1");
    expect(current.find((r) => r.userId === "alice")?.cat?.score).toBe(9);
  });

  it("opens nothing by what the same secret signs for another purpose", async () => {
    const { handler, post, clock } = await setUp();
    const payload = Buffer.from(JSON.stringify(["w1", "alice", clock.now() + 1e6, "n"])).toString("base64url");
    const elsewhere = createHmac("sha256", secret).update(payload).digest("base64url");
    expect((await post(`${payload}.${elsewhere}`, good)).status).toBe(401);
    for (const lifetime of [0, -1, Number.NaN]) expect(() => handler.token("w1", "a", lifetime)).toThrow(/lifetime/);
    expect(() => new FeedbackTokens(1e20 as never, clock)).toThrow(/no text/);
  });
});
