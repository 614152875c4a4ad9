import { ManualClock } from "../../src/core/index.js";
import { createFeedbackHandler, FeedbackCollector } from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { segment } from "./support.js";

export const secret = "a secret for the tests";

/** A collector over one run, its handler, and a way to post to it. */
export async function setUp() {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const store = createMemoryStore({ clock });
  await store.append("trace", [segment("w1")]);
  const collector = new FeedbackCollector({ store, clock });
  const handler = createFeedbackHandler({ collector, secret, clock });
  const post = (token: string, body: unknown, headers: Record<string, string> = {}) =>
    handler(
      new Request("http://here/feedback", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  return { clock, store, collector, handler, post };
}

/** A judgement that is taken. */
export const good = { cat: { score: 9, dimensions: { quality: 8 } } };
