import { after, behind } from "./run-filter.js";
import { cursorText, type RunCursor } from "./run-query.js";
import type { RunPage, RunRow } from "./run-row.js";

/** A page of runs in the making: what is on it, what was looked at for it, and where the next one begins. */
export class PageDraft {
  readonly runs: RunRow[] = [];
  /** The runs that had their turn, on this page or because an earlier one shows them. */
  readonly shown = new Set<string>();
  private scanned = 0;
  private last: RunCursor | undefined;

  constructor(private readonly cursor: RunCursor | undefined) {
    this.last = cursor;
  }

  /** A fact was looked at. */
  passed(at: string, id: string): void {
    this.scanned++;
    this.last = after(this.last, at, id);
  }

  /** The store looked at so many facts of which it gave only some, and at all of a time. */
  looked(facts: number, given: number, until: string): void {
    this.scanned += facts - given;
    this.last = behind(this.last, until);
  }

  /** Whether the next page begins elsewhere: one that ends where it began would never come to an end. */
  get hasMoved(): boolean {
    const { last, cursor } = this;
    return last !== undefined && (last.at !== cursor?.at || last.seen.length > new Set(cursor.seen).size);
  }

  /** The page, with more behind it. */
  answer(complete: boolean): RunPage {
    const { runs, scanned, last } = this;
    return { runs, ...(last && { cursor: cursorText(last), until: last.at }), scanned, complete };
  }

  /** The last page. */
  end(): RunPage {
    return { runs: this.runs, scanned: this.scanned, complete: true };
  }
}
