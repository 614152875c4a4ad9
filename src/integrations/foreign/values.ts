import { isRecord } from "../../core/is-object.js";
import type { ForeignSpan } from "./foreign-span.js";

/** The first text that is given under one of these keys. */
export function text(record: Record<string, unknown>, ...keys: string[]): string | undefined {
  return keys.map((key) => record[key]).find((value): value is string => typeof value === "string" && value !== "");
}

/** The first count that is given under one of these keys. */
export function count(record: Record<string, unknown>, ...keys: string[]): number | undefined {
  const fits = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  return keys.map((key) => record[key]).find(fits);
}

/** A record, or an empty one. */
export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** Metadata, which some keep as JSON; empty where there are none. */
export function metadataOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "string") return recordOf(value);
  try {
    return recordOf(JSON.parse(value));
  } catch {
    return {};
  }
}

/** LangGraph's metadata, where a tool kept them. */
export function langgraphOf(metadata: Record<string, unknown>): ForeignSpan["langgraph"] {
  const node = text(metadata, "langgraph_node");
  const { langgraph_step: given } = metadata;
  const step = typeof given === "number" || typeof given === "string" ? Number(given) : Number.NaN;
  if (node === undefined || !Number.isInteger(step)) return undefined;
  const taskId = /:([^:|]+)$/.exec(text(metadata, "langgraph_checkpoint_ns") ?? "")?.[1];
  return taskId === undefined ? { node, step } : { node, step, taskId };
}

/** The values in a text of JSON, or of one JSON on each line. @throws SyntaxError where it is neither */
export function jsonIn(content: string): unknown[] {
  try {
    return [JSON.parse(content)];
  } catch {
    return content.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line)]));
  }
}
