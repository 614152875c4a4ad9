import { randomUUID } from "node:crypto";
import { digest } from "./hash.js";

/** A new random identifier (UUID v4). */
export function newId(): string {
  return randomUUID();
}

/**
 * The identity of one routing choice: the same for every retry, resume and lost checkpoint write
 * of the same task, another for a fork (LangGraph gives a fork a new task id).
 * @param taskId LangGraph's deterministic task id (`executionInfo.taskId`)
 * @param decisionPoint the router's name
 * @param callIndex how many times this router was already called within the task's attempt (from 0)
 */
export function decisionIdOf(taskId: string, decisionPoint: string, callIndex: number): string {
  return digest(`${taskId}|${decisionPoint}|${callIndex}`);
}

/** Longest id of a run, person or thread that is taken from outside, in characters. */
export const MAX_ID = 256;

/** Whether a judgement can name a run, person or thread by this. */
export function isUsableId(id: unknown): id is string {
  return typeof id === "string" && id !== "" && id.length <= MAX_ID;
}
