import { LearningError, type LearningErrorCode, show } from "./errors.js";

/**
 * An argument that must be a text and say something: from plain JavaScript it may be missing, and a query without an id
 * would mean everybody.
 * @throws the code, with what was received
 */
export function textArgument(value: unknown, name: string, code: LearningErrorCode = "CONFIG_INVALID"): string {
  if (typeof value === "string" && value !== "") return value;
  throw new LearningError(code, {
    received: `${show(value)} for ${name}`,
    expected: "a non-empty text",
    remedy: `Pass ${name}.`,
  });
}

/** An argument that must be an object with the keys that are read from it. @throws the code, with what was received */
export function objectArgument<T>(value: T, name: string, code: LearningErrorCode = "CONFIG_INVALID"): NonNullable<T> {
  if (typeof value === "object" && value !== null) return value;
  throw new LearningError(code, {
    received: `${show(value)} for ${name}`,
    expected: "an object",
    remedy: `Pass ${name} as the documentation of the call shows it.`,
  });
}
