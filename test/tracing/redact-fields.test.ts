import { expect, it } from "vitest";
import { createRedactor } from "../../src/tracing/record/redact.js";
import { stateText } from "../../src/tracing/record/state-text.js";

it("redaction knows a secret by the name of its field, as it does within a text", () => {
  const redactor = createRedactor(["key"]);
  const state = {
    headers: new Map([["x-api-key", "abcdef-012345"]]),
    db: { password: "open sesame", dbPassword: 123456, hasToken: true },
    accessToken: "a1b2c3d4e5f6g7",
    token: "the-smallest-unit",
    max_tokens: 1024,
  };
  expect(JSON.parse(stateText(state, 10_000, redactor) ?? "")).toEqual({
    headers: { "x-api-key": "[redacted]" },
    db: { password: "[redacted]", dbPassword: "[redacted]", hasToken: true },
    accessToken: "[redacted]",
    token: "the-smallest-unit",
    max_tokens: 1024,
  });
});
