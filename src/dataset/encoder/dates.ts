import type { ContextValue } from "../../core/index.js";

const MS_PER_HOUR = 3_600_000;
/** Numbers below this are seconds since 1970, others milliseconds. */
const MOST_SECONDS = 1e11;
/** A date without a time says nothing about the hour. */
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** The positions of a time and their values, in UTC; none where it is no time. */
export function dateParts(value: ContextValue | undefined): [at: number, x: number][] {
  const ms = millisecondsOf(value);
  if (ms === undefined) return [];
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return [];
  const day: [number, number] = [2 + date.getUTCDay(), 1];
  if (typeof value === "string" && DATE_ONLY.test(value)) return [day];
  const angle = (2 * Math.PI * ((ms / MS_PER_HOUR) % 24)) / 24;
  return [[0, Math.sin(angle)], [1, Math.cos(angle)], day];
}

function millisecondsOf(value: ContextValue | undefined): number | undefined {
  if (typeof value === "number")
    return Number.isFinite(value) ? (value < MOST_SECONDS ? value * 1000 : value) : undefined;
  if (typeof value !== "string") return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
