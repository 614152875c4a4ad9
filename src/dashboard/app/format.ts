/** Numbers, times and words as people read them. */

const MINUS = "−";

/** With its sign; what rounds to nothing has none. */
export function signed(v: number, digits = 3): string {
  const text = Math.abs(v).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${v < 0 ? MINUS : "+"}${text}`;
}

/** What a component says, as a sentence. */
export const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

export const percent = (v: number, digits = 0): string => `${(100 * v).toFixed(digits)} %`;
export const count = (v: number): string => Math.round(v).toLocaleString("en-GB").replaceAll(",", " ");
export const figure = (v: number | undefined, digits = 2): string => (v === undefined ? "–" : v.toFixed(digits));
export const money = (usd: number): string => `$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;

/** A length of time. */
export function duration(ms: number): string {
  if (ms < 1) return "under 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Days as people say them. */
export function days(n: number): string {
  if (n < 1 / 24) return "less than an hour";
  if (n < 1) return `about ${Math.round(n * 24)} hours`;
  if (n < 60) return `about ${Math.round(n)} ${Math.round(n) === 1 ? "day" : "days"}`;
  return `about ${Math.round(n / 30)} months`;
}

type Part = Intl.DateTimeFormatOptions;
const DAY: Part = { day: "numeric", month: "short", year: "numeric" };
const MINUTE: Part = { hour: "2-digit", minute: "2-digit" };
const formats = (zone: Part) => ({
  date: new Intl.DateTimeFormat("en-GB", { ...DAY, ...zone }),
  time: new Intl.DateTimeFormat("en-GB", { ...MINUTE, ...zone }),
  seconds: new Intl.DateTimeFormat("en-GB", { ...MINUTE, second: "2-digit", ...zone }),
  said: zone.timeZone === undefined ? "" : ` ${zone.timeZone}`,
});
let written = formats({});

/** From here on moments are written in UTC and say so: a page that is made on one host is read on another. */
export function writeUtc(): void {
  written = formats({ timeZone: "UTC" });
}

/** A moment, such as 28 Nov 2026, 08:19. */
export function moment(iso: string | undefined, seconds = false): string {
  if (iso === undefined || Number.isNaN(Date.parse(iso))) return "–";
  const at = new Date(iso);
  return `${written.date.format(at)}, ${(seconds ? written.seconds : written.time).format(at)}${written.said}`;
}

export const bytes = (n: number): string =>
  n < 2 ** 20
    ? `${(n / 1024).toFixed(0)} KiB`
    : n < 2 ** 30
      ? `${(n / 2 ** 20).toFixed(1)} MiB`
      : `${(n / 2 ** 30).toFixed(1)} GiB`;

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
