import type { ContextValue } from "../../core/index.js";
import { finite } from "./fields.js";

const MS_PER_HOUR = 3_600_000;
/** Numbers below this are seconds since 1970; milliseconds, microseconds and nanoseconds lie between its powers. */
const MOST_SECONDS = 1e11;
/** Above this, numbers of milliseconds are none. */
const MOST_MILLISECONDS = 1e14;

const CLOCK = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d+)?)?";
const TIME = new RegExp(`^${CLOCK}$`);
const YEAR_FIRST = new RegExp(
  `^((?:19|20)\\d{2})([-/]?)(\\d{2})\\2(\\d{2})(?:[T ]${CLOCK} ?(Z|[+-]\\d{2}:?\\d{2})?)?$`,
  "i",
);
const DAY_FIRST = new RegExp(`^(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})(?:,? ${CLOCK})?$`);
/** As mails and JavaScript write it; with its zone, since others would be read differently from machine to machine. */
const NAMED = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [\w ]+ \d{4} \d{2}:\d{2}(:\d{2})? (GMT|UTC|Z|[+-]\d{4})/;

/** A moment, or as much as is known of it. */
interface Moment {
  /** Milliseconds since 1970; of a time without a date, since midnight. */
  ms: number;
  /** False for a date without a time. */
  hour: boolean;
  /** False for a time without a date. */
  day: boolean;
}

/** The positions of a time and their values, in UTC; none where it is no time. */
export function dateParts(value: ContextValue | undefined, isFirst = false): [at: number, x: number][] {
  const moment = isFirst ? firstMomentOf(value) : momentOf(value);
  const date = new Date(moment?.ms ?? Number.NaN);
  if (!moment || Number.isNaN(date.getTime())) return [];
  const parts: [number, number][] = [];
  if (moment.hour) {
    const angle = (2 * Math.PI * ((moment.ms / MS_PER_HOUR) % 24)) / 24;
    parts.push([0, Math.sin(angle)], [1, Math.cos(angle)]);
  }
  if (moment.day) parts.push([2 + date.getUTCDay(), 1]);
  return parts;
}

/** Whether a number is a moment of the years 2001 to 2100, in seconds or smaller units since 1970. */
export function isTime(x: number): boolean {
  return [1, 1e3, 1e6, 1e9].some((unit) => x > 1e9 * unit && x < 4.1e9 * unit);
}

/** Whether a text is a date, a time of the day, or both; without a zone it is read as UTC. */
export function isDateText(text: string): boolean {
  return spelled(text) !== undefined;
}

function momentOf(value: ContextValue | undefined): Moment | undefined {
  let x = finite(value);
  if (x === undefined) return typeof value === "string" ? spelled(value) : undefined;
  if (x < MOST_SECONDS) x *= 1000;
  while (x > MOST_MILLISECONDS) x /= 1000;
  return { ms: x, hour: true, day: true };
}

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** As the first encoders read times: in seconds or milliseconds, and texts as JavaScript does. */
function firstMomentOf(value: ContextValue | undefined): Moment | undefined {
  if (typeof value === "number") return { ms: value < MOST_SECONDS ? value * 1000 : value, hour: true, day: true };
  return typeof value === "string" ? { ms: Date.parse(value), hour: !DATE_ONLY.test(value), day: true } : undefined;
}

function spelled(text: string): Moment | undefined {
  const time = TIME.exec(text);
  if (time) return moment(["1970", "1", "1"], time.slice(1, 4), "Z", false);
  const [, year = "", , month = "", day = "", ...rest] = YEAR_FIRST.exec(text) ?? [];
  if (year) return moment([year, month, day], rest.slice(0, 3), rest[3]);
  const [, dayFirst = "", its = "", of = "", ...clock] = DAY_FIRST.exec(text) ?? [];
  if (dayFirst) return moment([of, its, dayFirst], clock);
  const ms = NAMED.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : { ms, hour: true, day: true };
}

function moment(date: readonly string[], clock: readonly (string | undefined)[], zone = "Z", day = true) {
  const [year, month, of] = date.map((part) => part.padStart(2, "0"));
  const [hour, minute, second] = clock.map((part) => (part ?? "").padStart(2, "0"));
  const at = zone.toUpperCase().replace(/^(.\d\d)(\d\d)$/, "$1:$2");
  const ms = Date.parse(`${year}-${month}-${of}T${hour ?? "00"}:${minute ?? "00"}:${second ?? "00"}${at}`);
  return Number.isNaN(ms) ? undefined : { ms, hour: clock[0] !== undefined, day };
}
