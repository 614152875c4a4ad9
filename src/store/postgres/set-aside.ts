import { factFrom, type Logger, messageOf } from "../../core/index.js";
import type { FactKind, FactTypes, StoreHealth, StoreProblem } from "../learning-store.js";
import type { Row } from "./page.js";
import { TABLE_OF } from "./schema.js";

/** So many rows are known by their place; more are not counted. */
const MOST_KNOWN = 10_000;

/** Rows that were read and are no facts: changed by hand, or written by something else. They hide no other. */
export class SetAside {
  private readonly flaws: Record<FactKind, Map<string, string>> = {
    trace: new Map(),
    decision: new Map(),
    feedback: new Map(),
  };

  constructor(
    private readonly schema: string,
    private readonly logger: Logger,
  ) {}

  /** The fact of a row; none where it is of another shape. */
  factOf<K extends FactKind>(kind: K, row: Row): FactTypes[K] | undefined {
    if (row.body === null) return undefined;
    let flaw: string;
    try {
      const found = factFrom(kind, JSON.parse(row.body));
      if (found.flaw === undefined) {
        // Somebody may have mended it.
        if (this.flaws[kind].size > 0) this.flaws[kind].delete(placeOf(row));
        return found.fact;
      }
      flaw = found.flaw;
    } catch (error) {
      flaw = messageOf(error);
    }
    this.leaveOut(kind, row, flaw);
    return undefined;
  }

  /** Counts a row that is no fact; tells of it once. */
  leaveOut(kind: FactKind, row: Row, flaw: string): void {
    const known = this.flaws[kind];
    const place = placeOf(row);
    if (known.has(place) || known.size >= MOST_KNOWN) return;
    known.set(place, flaw);
    this.logger.warn("a damaged fact is skipped", { kind, lane: row.lane, seq: row.seq, error: flaw });
  }

  /** As the health of a store tells it. */
  health(): Pick<StoreHealth, "unreadable" | "problems"> {
    const unreadable: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
    const problems: StoreProblem[] = [];
    for (const kind of Object.keys(this.flaws) as FactKind[]) {
      const [first] = this.flaws[kind];
      if (!first) continue;
      const [place, flaw] = first;
      const count = this.flaws[kind].size;
      unreadable[kind] = count;
      problems.push({
        code: "STORE_CORRUPT",
        message: `${count} ${kind} record(s) of ${this.schema}.${TABLE_OF[kind]} cannot be read and are left out; the first is the row of ${place} (${flaw}). Correct the column body of the rows, or delete them.`,
        count,
      });
    }
    return { unreadable, problems };
  }
}

const placeOf = ({ lane, seq }: Row) => `lane ${lane}, seq ${seq}`;
