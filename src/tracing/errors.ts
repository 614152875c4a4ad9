import type { RecordedError } from "../core/index.js";
import { isRecord } from "./internals.js";

/** An error as it is kept: name, code where it has one, message bounded to 500 characters. */
export function recordedError(error: unknown): RecordedError {
  if (!isRecord(error)) return { name: "Error", message: String(error).slice(0, 500) };
  const name = typeof error.name === "string" ? error.name : "Error";
  const message = typeof error.message === "string" ? error.message : String(error);
  const code = error.lc_error_code ?? error.code;
  const record: RecordedError = { name, message: message.slice(0, 500) };
  if (typeof code === "string" || typeof code === "number") record.code = String(code);
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
