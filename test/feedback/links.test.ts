import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { createFeedbackHandler, FeedbackCollector, toNodeListener } from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { decision } from "../store/facts.js";
import { localServer } from "../support/http-server.js";
import { segment } from "./support.js";

const secret = "a secret for the tests";
const NOW = Date.UTC(2026, 5, 1);
const iso = (ms: number) => new Date(ms).toISOString();

async function setUp(options: Partial<Parameters<typeof createFeedbackHandler>[0]> = {}) {
  const clock = new ManualClock(NOW);
  const store = createMemoryStore({ clock });
  for (const run of ["w1", "w2"]) await store.append("trace", [{ ...segment(run), startedAt: iso(NOW - 3_600_000) }]);
  await store.append("decision", [
    { ...decision(1), decisionId: "own", workflowId: "w1", at: iso(NOW - 3_500_000) },
    { ...decision(2), decisionId: "foreign", workflowId: "w2", at: iso(NOW - 3_500_000) },
  ]);
  const collector = new FeedbackCollector({ store, clock });
  const handler = createFeedbackHandler({ collector, secret, clock, ...options });
  const post = (body: unknown, token = handler.token("w1", "mallory"), headers: Record<string, string> = {}) =>
    handler(
      new Request(`http://here/feedback?token=${token}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { clock, store, collector, handler, post };
}
const good = { thumbs: "down" };

describe("a link to one run", () => {
  it.each([
    ["a preference over another run", { preference: { over: "w2", verdict: "better" } }],
    ["a preference over a run that never was", { preference: { over: "w9", verdict: "better" } }],
    ["the decision of another run", { ...good, decisionId: "foreign" }],
    ["a decision that never was", { ...good, decisionId: "nobody's" }],
    ["a time before the run", { ...good, at: iso(NOW - 7_200_000) }],
    ["a time to come", { ...good, at: iso(NOW + 600_000) }],
  ])("takes nothing with %s", async (_, body) => {
    const { post, store, collector } = await setUp();
    expect((await post(body)).status).toBe(400);
    for await (const { facts } of store.read("feedback")) expect(facts).toEqual([]);
    expect((await collector.getFeedback("w2")).history).toEqual([]);
  });

  it("is made for no run and no person that no judgement can name", async () => {
    const { handler } = await setUp();
    for (const id of ["", "x".repeat(257), null, 5] as string[])
      for (const make of [() => handler.token(id, "ann"), () => handler.token("w1", id)])
        expect(make).toThrow(expect.objectContaining({ code: "FEEDBACK_INVALID" }));
    expect(handler.token("x".repeat(256), "é".repeat(256))).toContain(".");
  });

  it("answers alike for what is another's and for what never was", async () => {
    const { post } = await setUp();
    const said = async (name: string, body: object) => (await (await post(body)).text()).replaceAll(name, "X");
    expect(await said("foreign", { ...good, decisionId: "foreign" })).toBe(
      await said("nobody", { ...good, decisionId: "nobody" }),
    );
    expect(await said("w2", { preference: { over: "w2", verdict: "equal" } })).toBe(
      await said("w9", { preference: { over: "w9", verdict: "equal" } }),
    );
  });

  it("takes its own decision, and a time since the run", async () => {
    const { post, collector } = await setUp();
    const body = { ...good, decisionId: "own", at: iso(NOW - 60_000) };
    expect((await post(body)).status).toBe(201);
    expect((await collector.getFeedback("w1")).current).toMatchObject([body]);
  });
});

describe("a link to a run of which nothing is stored yet", () => {
  it("takes no time before the link was made", async () => {
    const clock = new ManualClock(NOW);
    const collector = new FeedbackCollector({
      store: createMemoryStore({ clock }),
      clock,
      knows: (id) => id === "live",
    });
    const handler = createFeedbackHandler({ collector, secret, clock });
    const token = handler.token("live", "mallory");
    clock.advance(60_000);
    const post = (at: string) =>
      handler(
        new Request(`http://here/?token=${token}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...good, at }),
        }),
      );
    expect((await post(iso(0))).status).toBe(400);
    expect((await post(iso(NOW - 1))).status).toBe(400);
    expect((await post(iso(NOW + 30_000))).status).toBe(201);
  });
});

describe("the secret of links", () => {
  it.each([
    "short",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabcabcabc",
    "1234567890123456",
    "0123456789abcdef",
    "changemechangeme",
    "passwordpasswordpassword",
    "0000000000000001",
  ])("is refused when it can be guessed: %s", async (weak) => {
    await expect(setUp({ secret: weak })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it.each(["9f86d081884c7d65", "aZ3-kQ9_pL7xW2vB", "correct horse battery staple"])(
    "is taken when it is random: %s",
    async (s) => {
      const { post } = await setUp({ secret: s });
      expect((await post(good)).status).toBe(201);
    },
  );
});

describe("the handler's limits", () => {
  it("answer a body that does not arrive with 408", async () => {
    const { handler, clock } = await setUp({ bodyTimeoutMs: 5000 });
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const waiting = clock.pending;
    const answer = handler(new Request("http://here/feedback", init));
    while (clock.pending === waiting) await Promise.resolve();
    clock.advance(5000);
    expect((await answer).status).toBe(408);
    expect(cancelled).toBe(true);
  });

  it("count requests by token, within a minute", async () => {
    const { handler, clock } = await setUp({ rateLimit: { perToken: 3 } });
    const [one, other] = [handler.token("w1", "alice"), handler.token("w1", "bob")];
    const get = async (token: string) => handler(new Request(`http://here/feedback?token=${token}`));
    for (let i = 0; i < 3; i++) expect((await get(one)).status).toBe(200);
    clock.advance(20_000);
    const refused = await get(one);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("40");
    expect((await get(other)).status).toBe(200);
    clock.advance(40_000);
    expect((await get(one)).status).toBe(200);
  });

  it("count requests by the address that the host tells, and not where the host limits by itself", async () => {
    const address = (request: Request) => request.headers.get("x-client") ?? undefined;
    const { handler } = await setUp({ rateLimit: { perAddress: 2, address } });
    const statusFor = async (client: string) =>
      (await handler(new Request("http://here/feedback?token=none", { headers: { "x-client": client } }))).status;
    expect([await statusFor("a"), await statusFor("a"), await statusFor("a"), await statusFor("b")]).toEqual([
      401, 401, 429, 401,
    ]);
    const { handler: open } = await setUp({ rateLimit: false });
    const token = open.token("w1", "alice");
    for (let i = 0; i < 40; i++)
      expect((await open(new Request(`http://here/feedback?token=${token}`))).status).toBe(200);
  });

  it("count the other end of a connection to Node's own server", async () => {
    const { handler } = await setUp({ rateLimit: { perAddress: 2 } });
    const server = await localServer(toNodeListener(handler));
    const url = `${server.url}/?token=none`;
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([401, 401, 429]);
    await server.close();
  });
});
