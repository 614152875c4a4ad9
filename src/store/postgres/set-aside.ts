import type { FactKind, StoreHealth, StoreProblem } from "../learning-store.js";
import { TABLE_OF } from "./schema.js";

/** So many rows are known by their place; what comes beyond is counted with them. */
const MOST_KNOWN = 10_000;

/** Rows that were read and are no facts: changed by hand, or written by something else. They hide no other. */
export class SetAside {
  private readonly flaws: Record<FactKind, Map<string, string>> = {
    trace: new Map(),
    decision: new Map(),
    feedback: new Map(),
  };

  constructor(private readonly schema: string) {}

  /** @returns whether the row was not known before */
  add(kind: FactKind, place: { lane: number; seq: number }, flaw: string): boolean {
    const known = this.flaws[kind];
    const key = keyOf(place);
    const isNew = !known.has(key) && known.size < MOST_KNOWN;
    if (isNew) known.set(key, flaw);
    return isNew;
  }

  /** The row can be read: somebody has mended it. */
  isSound(kind: FactKind, place: { lane: number; seq: number }): void {
    const known = this.flaws[kind];
    if (known.size > 0) known.delete(keyOf(place));
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

const keyOf = ({ lane, seq }: { lane: number; seq: number }) => `lane ${lane}, seq ${seq}`;
