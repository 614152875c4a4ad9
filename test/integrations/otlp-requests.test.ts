import { createOtlpHandler } from "langgraph-collective-learning/otlp";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { describe, expect, it } from "vitest";

const handler = () => createOtlpHandler({ store: createMemoryStore() });
const post = (body: string | ReadableStream) =>
  new Request("http://127.0.0.1/v1/traces", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    duplex: "half",
  } as RequestInit);

describe("a request for spans", () => {
  it.each(["null", "[]", "5", '"spans"', '{"resourceSpans":"none"}', '{"resourceSpans":{}}', "{", ""])(
    "that is none is refused, not answered as if it were taken: %j",
    async (body) => {
      expect((await handler()(post(body))).status).toBe(400);
    },
  );

  it.each(["{}", '{"resourceSpans":[]}', '{"resource_spans":[],"unknown":1}'])("may be empty: %s", async (body) => {
    const response = await handler()(post(body));
    expect([response.status, await response.json()]).toEqual([200, {}]);
  });

  it("that is cut off is refused, and nothing is thrown", async () => {
    const cut = new ReadableStream({ start: (controller) => controller.error(new Error("aborted")) });
    const response = await handler()(post(cut));
    expect([response.status, await response.json()]).toEqual([400, { message: "the body was cut off" }]);
  });

  it("needs no token that is empty: everybody gives that", () => {
    const store = createMemoryStore();
    expect(() => createOtlpHandler({ store, token: "" })).toThrow(/CONFIG_INVALID.*"" for token/);
    expect(() => createOtlpHandler({} as never)).toThrow(/CONFIG_INVALID.*store/);
  });
});
