import type { z } from "zod";

/** Messages that zod wrote itself; a schema's own say better what is meant. */
const STANDARD = /^(Too |Invalid |Unrecognized )/;

/** What a value should have been, in words that follow "expected". */
export function expectationOf(issue: z.core.$ZodIssue): string {
  if (!STANDARD.test(issue.message)) return issue.message;
  const unit = (origin: string) => ({ string: " characters", array: " entries" })[origin] ?? "";
  switch (issue.code) {
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unit(issue.origin)}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unit(issue.origin)}`;
    case "invalid_type":
      return `a value of the type ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "invalid_format":
      return issue.format === "datetime" ? "a time in UTC as ISO 8601, like 2026-01-31T12:00:00Z" : issue.message;
    case "unrecognized_keys":
      return `no key ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
    default:
      return issue.message;
  }
}
