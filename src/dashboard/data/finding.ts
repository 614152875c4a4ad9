/** One thing that was looked at. */
export interface Finding {
  /** `ok` needs nothing; `warn` costs something; `bad` stops learning or loses data. */
  level: "ok" | "warn" | "bad";
  what: string;
  /** What to do about it; absent where all is well. */
  todo?: string;
}
