import { clipped } from "../../core/clipped.js";
import { type RecordedError, show } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";
import { fieldOf } from "../../core/own-fields.js";

import { type Redactor, redactText } from "./redact.js";

/** An error as it is kept: name, code where it has one, message bounded to 500 characters, all of it redacted. */
export function recordedError(error: unknown, redactor: Redactor | undefined): RecordedError {
  const clean = (text: string, field: string) => clipped(redactText(text, redactor, "error", field), 500);
  if (!isObject(error)) return { name: "Error", message: clean(primitiveText(error), "message") };
  const name = fieldOf(error, "name");
  const message = fieldOf(error, "message");
  const code = fieldOf(error, "lc_error_code") ?? fieldOf(error, "code");
  const record: RecordedError = {
    name: clean(typeof name === "string" ? name : "Error", "name"),
    message: clean(typeof message === "string" ? message : "(an object without a message)", "message"),
  };
  if (typeof code === "string" || typeof code === "number") record.code = clean(String(code), "code");
  return record;
}

/** What is thrown and is no object. */
function primitiveText(error: unknown): string {
  return typeof error === "function" || typeof error === "bigint" ? show(error) : String(error);
}

/** Whether a failure looks like the consequence of an abort. */
export function isAbort(error: unknown): boolean {
  if (!isObject(error)) return false;
  const name = fieldOf(error, "name");
  const message = fieldOf(error, "message");
  return name === "AbortError" || name === "TimeoutError" || message === "Abort" || message === "Aborted";
}

/** The error by which LangGraph tells that a run was stopped from outside, or by the limit of a step. */
export function isLangGraphAbort(error: unknown): boolean {
  return isObject(error) && fieldOf(error, "name") === "Error" && fieldOf(error, "message") === "Abort";
}

/** The error of an attempt that LangGraph gave up waiting for. */
export function nodeTimeoutError(node: string): RecordedError {
  return { name: "NodeTimeoutError", message: `Node "${node}" exceeded its timeout` };
}

/** The error of an attempt that the limit of its step stopped. */
export function stepTimeoutError(node: string): RecordedError {
  return { name: "TimeoutError", message: `Node "${node}" was stopped by the step timeout` };
}
