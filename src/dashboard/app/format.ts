/** Numbers, times and words as people read them. */

const MINUS = "−";

/** What stands for a number that is not known; JSON has null for one that is none. */
const UNKNOWN = "–";

/** Writes finite numbers, and what stands for the unknown otherwise. */
const written =
  <More extends unknown[]>(write: (v: number, ...more: More) => string) =>
  (v: number | null | undefined, ...more: More): string =>
    typeof v === "number" && Number.isFinite(v) ? write(v, ...more) : UNKNOWN;

/** With its sign; what rounds to nothing has none. */
export const signed = written((v, digits?: number) => {
  const text = Math.abs(v).toFixed(digits ?? 3);
  if (Number(text) === 0) return text;
  return `${v < 0 ? MINUS : "+"}${text}`;
});

/** What a component says, as a sentence. */
export const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

export const percent = written((v, digits?: number) => `${(100 * v).toFixed(digits ?? 0)} %`);
export const count = written((v) => Math.round(v).toLocaleString("en-GB").replaceAll(",", " "));
export const figure = written((v, digits?: number) => v.toFixed(digits ?? 2));
export const money = written((usd) => {
  if (usd === 0) return "$0";
  if (usd < 0.00005) return "under $0.0001";
  return `$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
});

/** A length of time, in the unit that it is still below the next one in when rounded. */
export const duration = written((ms) => {
  if (ms < 1) return "under 1 ms";
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`;
  if (Math.round(ms / 60_000) < 60) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
});

/** Days as people say them. */
export const days = written((n) => {
  const about = (v: number, one: string) => `about ${plural(Math.round(v), one)}`;
  if (n < 1 / 24) return "less than an hour";
  if (Math.round(n * 24) < 24) return about(n * 24, "hour");
  return Math.round(n) < 60 ? about(n, "day") : about(n / 30, "month");
});

type Part = Intl.DateTimeFormatOptions;
const DAY: Part = { day: "numeric", month: "short", year: "numeric" };
const MINUTE: Part = { hour: "2-digit", minute: "2-digit" };
const formats = (zone: Part) => ({
  date: new Intl.DateTimeFormat("en-GB", { ...DAY, ...zone }),
  time: new Intl.DateTimeFormat("en-GB", { ...MINUTE, ...zone }),
  seconds: new Intl.DateTimeFormat("en-GB", { ...MINUTE, second: "2-digit", ...zone }),
  said: zone.timeZone === undefined ? "" : ` ${zone.timeZone}`,
});
let clock = formats({});

/** From here on moments are written in UTC and say so: a page that is made on one host is read on another. */
export function writeUtc(): void {
  clock = formats({ timeZone: "UTC" });
}

/** A moment, such as 28 Nov 2026, 08:19. */
export function moment(iso: string | undefined, seconds = false): string {
  if (iso === undefined || Number.isNaN(Date.parse(iso))) return UNKNOWN;
  const at = new Date(iso);
  return `${clock.date.format(at)}, ${(seconds ? clock.seconds : clock.time).format(at)}${clock.said}`;
}

export const bytes = written((n) => {
  const [kib, mib] = [n / 2 ** 10, n / 2 ** 20];
  if (Math.round(kib) < 1024) return `${kib.toFixed(0)} KiB`;
  return mib.toFixed(1) === "1024.0" || mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${mib.toFixed(1)} MiB`;
});

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** JSON as it is laid out for people; what is none stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** What happened to a version. */
export const changeWord = (action: string): string =>
  ({
    promote: "promoted",
    rollback: "rolled back to",
    pin: "pinned",
    unpin: "unpinned",
    publish: "published",
    trial: "put on trial",
    "end-trial": "took off trial",
    forget: "forgot",
  })[action] ?? action;

/** Whether a feature's name says something to people: buckets of rare words and empty values do not. */
export const isNamed = (feature: string): boolean => feature.trim() !== "" && !/rare words #|=\s*$/i.test(feature);

/** Seconds since the epoch, as charts count time. */
export const seconds = (iso: string): number => Date.parse(iso) / 1000;
