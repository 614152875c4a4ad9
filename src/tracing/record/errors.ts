import type { RecordedError } from "../../core/index.js";
import { isRecord } from "../internals.js";
import { type Redactor, redactText } from "./redact.js";

/** An error as it is kept: name, code where it has one, message bounded to 500 characters, all of it redacted. */
export function recordedError(error: unknown, redactor: Redactor | undefined): RecordedError {
  const clean = (text: string, field: string) => redactText(text, redactor, "error", field).slice(0, 500);
  if (!isRecord(error)) return { name: "Error", message: clean(String(error), "message") };
  const name = typeof error.name === "string" ? error.name : "Error";
  const message = typeof error.message === "string" ? error.message : String(error);
  const code = error.lc_error_code ?? error.code;
  const record: RecordedError = { name: clean(name, "name"), message: clean(message, "message") };
  if (typeof code === "string" || typeof code === "number") record.code = clean(String(code), "code");
  return record;
}

/** Whether a failure is the consequence of an abort. */
export function isAbort(error: unknown): boolean {
  return isRecord(error) && (error.name === "AbortError" || error.message === "Abort" || error.message === "Aborted");
}

/** The error of an attempt that LangGraph gave up waiting for. */
export function timeoutError(node: string): RecordedError {
  return { name: "NodeTimeoutError", message: `Node "${node}" exceeded its timeout` };
}
