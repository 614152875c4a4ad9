import { type Clock, newId } from "../../core/index.js";
import type { FactKind } from "../learning-store.js";
import { columnsOf, type FactRow } from "./row.js";
import type { Batch, Spill } from "./spill.js";

/**
 * What is written to the local disk before a call returns, at the end of a process above all. It has a file and a lane of
 * its own, for neither the file nor the lane of the writer can be asked how far a write under way has come.
 */
export class Rescue {
  private readonly lane = newId();
  private number = 0;

  constructor(
    readonly spill: Spill,
    private readonly clock: Clock,
    private readonly partitionDays: number,
  ) {}

  /** @throws STORE_UNREACHABLE when the file is full or cannot be written */
  write(kind: FactKind, rows: readonly FactRow[]): void {
    if (rows.length === 0) return;
    const columns = columnsOf(kind, rows, this.clock.now(), this.partitionDays);
    this.spill.appendSync({ lane: this.lane, number: ++this.number, columns });
  }

  /** Keeps a batch that may have arrived: under its own number it does so once. */
  keep(batch: Batch): void {
    this.spill.appendSync(batch);
  }
}
