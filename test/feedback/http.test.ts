import { describe, expect, it } from "vitest";
import { isLearningError } from "../../src/core/index.js";
import { createFeedbackHandler, FeedbackCollector } from "../../src/feedback/index.js";
import { good, secret, setUp } from "./http-support.js";

describe("feedback over HTTP", () => {
  it("takes JSON, bound to the token's run and person", async () => {
    const { handler, post, collector } = await setUp();
    const response = await post(handler.token("w1", "alice"), good);
    expect(response.status).toBe(201);
    const { current } = await collector.getFeedback("w1");
    expect(current).toMatchObject([{ ...good, workflowId: "w1", userId: "alice", source: "human" }]);
    expect(await response.json()).toEqual({ feedbackId: current[0]?.feedbackId });
    // What the body says of run, person or source does not count.
    const claims = {
      workflowId: "w2",
      userId: "eve",
      source: "outcome",
      threadId: "t",
      workflowType: "other",
      sampled: true,
    };
    await post(handler.token("w1", "bob"), { ...good, ...claims });
    const [, second] = (await collector.getFeedback("w1")).current;
    expect(second).toMatchObject({ userId: "bob", source: "human", workflowType: "support" });
    expect(second?.threadId).toBeUndefined();
    expect(second?.sampled).toBeUndefined();
  });

  it("serves a labelled form without scripts, and takes it", async () => {
    const { handler, collector } = await setUp();
    const token = handler.token("w1", "alice");
    const page = await handler(new Request(`http://here/feedback?token=${token}`));
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('<label for="score">');
    expect(html).not.toContain("<script");
    for (const [, id] of html.matchAll(/<(?:input|select|textarea) id="([^"]+)"/g))
      expect(html).toContain(`for="${id}"`);
    const body = new URLSearchParams({
      token,
      score: "7",
      "dimension:novelty": "3",
      "dimension:quality": "",
      comment: "ok",
    });
    const taken = await handler(new Request("http://here/feedback", { method: "POST", body }));
    expect(taken.status).toBe(201);
    expect(await taken.text()).toContain("Thank you");
    expect((await collector.getFeedback("w1")).current).toMatchObject([
      { cat: { score: 7, dimensions: { novelty: 3 } }, comment: "ok" },
    ]);
  });

  it("shows what is judged where the host says so, as text", async () => {
    const { collector, clock } = await setUp();
    const shown = createFeedbackHandler({
      collector,
      secret,
      clock,
      judged: async (id) => ({ input: `<b>${id}</b>`, output: "an answer" }),
    });
    const html = await (
      await shown(
        new Request(`https://x.test/?token=${shown.token("w1", "alice")}`, { headers: { accept: "text/html" } }),
      )
    ).text();
    expect(html).toContain("&lt;b&gt;w1&lt;/b&gt;");
    expect(html).toContain("an answer");
    expect(html).not.toMatch(/ (selected|checked)|value="5" list/);
  });

  it("shows the form, and says what failed, where the run above it cannot be shown", async () => {
    const { collector, clock } = await setUp();
    const errors: unknown[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (...said: unknown[]) => void errors.push(said) };
    const answers: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error("no database")),
      async () => null,
      async () => ({ input: { topic: "<i>" }, output: null }),
    ];
    const pages = [];
    for (const judged of answers) {
      const handler = createFeedbackHandler({ collector, secret, clock, logger, judged: judged as never });
      const response = await handler(new Request(`https://x.test/?token=${handler.token("w1", "alice")}`));
      expect(response.status).toBe(200);
      pages.push(await response.text());
    }
    expect(pages[0]).toContain("Send feedback");
    expect(pages[2]).toContain("&quot;topic&quot;: &quot;&lt;i&gt;&quot;");
    expect(JSON.stringify(errors)).toContain("no database");
    expect(errors).toHaveLength(1);
  });

  it.each<[string, string | Uint8Array, string, number, string | undefined]>([
    ["JSON with a byte order mark", '\ufeff{"comment":"Grüße"}', "application/json", 201, "Grüße"],
    ["a charset that is UTF-8", '{"comment":"Grüße"}', 'application/json; Charset="UTF-8"', 201, "Grüße"],
    [
      "another charset",
      Buffer.from('{"comment":"Grüße"}', "latin1"),
      "application/json;charset=iso-8859-1",
      415,
      undefined,
    ],
    [
      "a form of another charset",
      "comment=Gr%FC%DFe",
      "application/x-www-form-urlencoded; charset=latin1",
      415,
      undefined,
    ],
    ["bytes that are no UTF-8", Buffer.from('{"comment":"Grüße"}', "latin1"), "application/json", 400, undefined],
    ["a comment of spaces", '{"comment":"  \\n"}', "application/json", 400, undefined],
  ])("stores no other words than were sent: %s", async (_, body, type, status, comment) => {
    const { handler, collector } = await setUp();
    const response = await handler(
      new Request(`http://here/?token=${handler.token("w1", "alice")}`, {
        method: "POST",
        headers: { "content-type": type },
        body: body as never,
      }),
    );
    expect(response.status).toBe(status);
    expect((await collector.getFeedback("w1")).history.map((f) => f.comment)).toEqual(comment ? [comment] : []);
  });

  it("takes a comment without the score that a slider always has", async () => {
    const { handler, collector } = await setUp();
    const send = (token: string, more: Record<string, string>) =>
      handler(
        new Request("http://here/", {
          method: "POST",
          body: new URLSearchParams({ token, score: "5", unscored: "1", ...more }),
        }),
      );
    expect((await send(handler.token("w1", "alice"), { comment: "late" })).status).toBe(201);
    expect((await collector.getFeedback("w1")).current[0]).not.toHaveProperty("cat");
    const halfway = await send(handler.token("w1", "bob"), { "dimension:quality": "3" });
    expect([halfway.status, await halfway.text()]).toEqual([400, expect.stringContaining("need an overall score")]);
    expect((await send(handler.token("w1", "bob"), {})).status).toBe(400);
  });

  it.each<[string, unknown, Record<string, string>, number]>([
    ["a score out of range", { cat: { score: 0 } }, {}, 400],
    ["wrong types", { thumbs: 1 }, {}, 400],
    ["an unknown field", { stars: 5 }, {}, 400],
    ["an outcome, which a person's link cannot give", { outcome: 1 }, {}, 400],
    ["what is nested beyond printing", `{"comment":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, {}, 400],
    ["broken JSON", "{", {}, 400],
    ["a list", "[1]", {}, 400],
    ["a token that is no text", { ...good, token: { toString: 1 } }, {}, 401],
    ["another content type", "x", { "content-type": "text/plain" }, 415],
    ["five megabytes of comment", { comment: "x".repeat(5_000_000) }, {}, 413],
  ])("answers %s with its status and can then be used properly", async (_, body, headers, status) => {
    const { handler, post, collector } = await setUp();
    const token = handler.token("w1", "alice");
    expect((await post(token, body, headers)).status).toBe(status);
    expect((await collector.getFeedback("w1")).history).toEqual([]);
    expect((await post(token, good)).status).toBe(201);
  });

  it("says so where something else has read the body before", async () => {
    const { handler } = await setUp();
    const body = JSON.stringify({ token: handler.token("w1", "alice"), ...good });
    const headers = { "content-type": "application/json" };
    const request = new Request("http://here/", { method: "POST", headers, body });
    await request.text();
    const response = await handler(request);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: expect.stringContaining("mount the handler first") });
  });

  it("stops reading an endless body", async () => {
    const { handler } = await setUp();
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    const request = new Request("http://here/", {
      method: "POST",
      body: endless,
      headers: { "content-type": "application/json" },
      duplex: "half",
    } as RequestInit);
    expect((await handler(request)).status).toBe(413);
    expect(sent).toBeLessThan(200_000);
  });

  it("never renders markup from users", async () => {
    const { handler } = await setUp();
    const evil = `"><script>alert(1)</script>`;
    const token = handler.token("w1", "alice");
    const body = new URLSearchParams({ token, score: evil, comment: evil });
    const refused = await handler(new Request("http://here/", { method: "POST", body }));
    expect(refused.status).toBe(400);
    expect(await refused.text()).not.toContain("<script");
    const query = await handler(
      new Request(`http://here/?token=${encodeURIComponent(evil)}`, { headers: { accept: "text/html" } }),
    );
    expect(query.status).toBe(401);
    expect(await query.text()).not.toContain("<script");
  });

  it("answers HEAD like GET, names its methods, and lets no other origin in", async () => {
    const { handler } = await setUp();
    const ask = (method: string) => handler(new Request(`http://here/?token=${handler.token("w1", "a")}`, { method }));
    expect((await ask("HEAD")).status).toBe(200);
    const options = await ask("OPTIONS");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, POST, OPTIONS"]);
    expect(options.headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask("DELETE")).headers.get("allow")).toContain("POST");
  });

  it("reads media types and schemes as they are meant, and keys that are names of the language", async () => {
    const { handler, post, collector } = await setUp();
    const body = JSON.stringify({ cat: { score: 9, dimensions: { constructor: 3 } } }).replace("{", '{"__proto__":{},');
    const loud = {
      "content-type": "Application/JSON; charset=utf-8",
      authorization: `bearer ${handler.token("w1", "a")}`,
    };
    expect((await post("", body, loud)).status).toBe(400);
    expect((await post("", { cat: { score: 9, dimensions: { constructor: 3 } } }, loud)).status).toBe(201);
    expect(Object.keys((await collector.getFeedback("w1")).current[0]?.cat?.dimensions ?? {})).toEqual(["constructor"]);
    expect((await collector.getFeedbackStatistics()).dimensions).toMatchObject({ constructor: { count: 1, mean: 3 } });
    const near = { "content-type": "application/jsonp" };
    expect((await post(handler.token("w1", "b"), good, near)).status).toBe(415);
  });

  it("answers 404 for a run that is gone, 405 for other methods, and refuses a short secret", async () => {
    const { handler, post, collector } = await setUp();
    expect((await post(handler.token("gone", "alice"), good)).status).toBe(404);
    expect((await handler(new Request("http://here/", { method: "PUT", body: "{}" }))).status).toBe(405);
    expect(() => createFeedbackHandler({ collector, secret: "short" })).toThrow(/secret of 5 characters/);
    const secret = "a secret for the tests";
    expect(() => createFeedbackHandler({ collector, secret, maxBodyBytes: 0 })).toThrow(
      /0 for maxBodyBytes; expected a whole number from 1/,
    );
    expect(() => createFeedbackHandler({ collector, secret, rateLimit: { perTokn: 3 } as never })).toThrow(/perTokn/);
    expect(() => createFeedbackHandler({ collector, secret, linkValid: 3 } as never)).toThrow(/"linkValidForMs"/);
    expect(() => handler.token("w".repeat(3000), "alice")).toThrow(/shorter/);
  });

  it("says that storing failed without saying why", async () => {
    const { store, clock, handler } = await setUp();
    const failing = new FeedbackCollector({
      store: { ...store, append: () => Promise.reject(new Error("disk full at /secret/path")) },
      clock,
    });
    const broken = createFeedbackHandler({ collector: failing, secret, clock });
    const response = await broken(
      new Request("http://here/", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: handler.token("w1", "alice"), ...good }),
      }),
    );
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret/path");
    expect(isLearningError(await failing.submitOutcome("w1", 1).catch((e: unknown) => e))).toBe(false);
  });
});
