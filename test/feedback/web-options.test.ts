import { describe, expect, it } from "vitest";
import { createFeedbackHandler, FeedbackCollector } from "../../src/feedback/index.js";
import { good, secret, setUp } from "./http-support.js";

const HOUR = 3_600_000;
const post = (token: string, body: string) =>
  new Request("http://here/feedback", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body,
  });

describe("options of the feedback handler", () => {
  it("linkValidForMs: how long a link may be used", async () => {
    const { collector, clock } = await setUp();
    const handler = createFeedbackHandler({ collector, secret, clock, linkValidForMs: HOUR });
    const [early, late] = [handler.token("w1", "alice"), handler.token("w1", "bob")];
    clock.advance(HOUR - 1000);
    expect((await handler(post(early, JSON.stringify(good)))).status).toBe(201);
    clock.advance(2000);
    expect((await handler(post(late, JSON.stringify(good)))).status).toBeGreaterThanOrEqual(400);
  });

  it("maxBodyBytes: a longer body is refused", async () => {
    const { collector, clock } = await setUp();
    const body = JSON.stringify({ ...good, comment: "x".repeat(200) });
    const answer = (maxBodyBytes: number) => {
      const handler = createFeedbackHandler({ collector, secret, clock, maxBodyBytes });
      return handler(post(handler.token("w1", `for ${maxBodyBytes}`), body));
    };
    expect((await answer(body.length - 1)).status).toBe(413);
    expect((await answer(body.length)).status).toBe(201);
  });

  it("lang: the language that the form says it is written in", async () => {
    const { collector, clock } = await setUp();
    const page = async (form: object) => {
      const handler = createFeedbackHandler({ collector, secret, clock, form });
      const url = `http://here/feedback?token=${handler.token("w1", "alice")}`;
      return (await handler(new Request(url))).text();
    };
    expect(await page({})).toContain('<html lang="en">');
    expect(await page({ lang: "de" })).toContain('<html lang="de">');
  });

  it("onStored: is told of what was stored, and of nothing that was refused", async () => {
    const { store, clock } = await setUp();
    const told: string[] = [];
    const collector = new FeedbackCollector({ store, clock, onStored: (record) => told.push(record.userId ?? "") });
    await collector.submitFeedback({ workflowId: "w1", userId: "alice", ...good });
    await expect(collector.submitFeedback({ workflowId: "w1", userId: "bob", cat: { score: 11 } })).rejects.toThrow();
    expect(told).toEqual(["alice"]);
  });
});
