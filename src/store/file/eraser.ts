import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../core/index.js";
import { newId, oneAtATime } from "../../core/index.js";
import { checkSelector, comparedRunOf, type FactKeys, matches } from "../facts.js";
import type { ErasureSelector, FactKind, FactQuery, FactTypes } from "../learning-store.js";
import type { FactLog } from "./fact-log.js";
import { forgetHolder } from "./holder.js";
import { discard, isNoFile, PRIVATE_FILE, readText, replaceFile } from "./io.js";
import { localOwners, type Owners } from "./ownership.js";
import type { StoredSegment } from "./segment-folder.js";
import type { SegmentIndex } from "./segment-index.js";
import { fetchLines, parseLine, visitLines } from "./segment-scan.js";

/** What is noted of an erasure under way: whose data goes, and which runs were found to be theirs. */
interface Note {
  selector: ErasureSelector;
  runs: string[];
}

/** Stands in every judgement that compares two runs. */
const PREFERENCE = '"preference"';

/** Files with such notes, each named after who erases, and those that are half written. */
const PENDING = /^erasure-?([^.]*)\.pending(\.[^.]+\.tmp)?$/;

/**
 * Removes facts for good by overwriting their lines with blanks where they lie: the bytes are gone,
 * everything else keeps its place, and no process that writes or reads is disturbed. Each one under
 * way is noted in a file of its own, and finished at the next opening if the process dies.
 */
export class Eraser {
  private readonly inTurn = oneAtATime();

  constructor(
    private readonly folder: string,
    private readonly logs: readonly FactLog[],
    /** What may keep earlier versions of what was erased. */
    private readonly others: readonly { forgetBefore(): Promise<void> }[],
    private readonly logger: Logger,
    private readonly owners: Owners = localOwners,
  ) {}

  /** Finishes the erasures that failed here, or that a process did not live to finish. */
  async finishPending(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const [, eraser, half] = PENDING.exec(name) ?? [];
      if (eraser === undefined || !(await this.owners.hasEnded(eraser))) continue;
      const journal = join(this.folder, name);
      if (half) await discard(journal);
      try {
        const text = await readText(journal).catch((error) => {
          throw isNoFile(error) ? new Error(`${journal} is no file`, { cause: error }) : error;
        });
        if (text === undefined) continue;
        const noted = JSON.parse(text) as Note | ErasureSelector;
        const note: Note = "selector" in noted ? noted : { selector: noted, runs: [] };
        checkSelector(note.selector);
        await this.blankAll(journal, note);
        await rm(journal, { force: true });
      } catch (error) {
        this.logger.error("an erasure that was begun earlier could not be finished; erase again", { error });
      }
    }
  }

  /** One erasure of this process at a time. */
  erase(selector: ErasureSelector): Promise<Record<FactKind, number>> {
    return this.inTurn(() => this.eraseNow(selector));
  }

  private async eraseNow(selector: ErasureSelector): Promise<Record<FactKind, number>> {
    checkSelector(selector);
    // One that failed may have taken the facts by which the rest of its runs would be found: its note knows them.
    await this.finishPending();
    const eraser = this.owners.newHolder();
    try {
      const journal = join(this.folder, `erasure-${eraser}.pending`);
      const note: Note = { selector, runs: [] };
      await replaceFile(journal, JSON.stringify(note));
      const counts = await this.blankAll(journal, note);
      await rm(journal, { force: true });
      return counts;
    } finally {
      forgetHolder(eraser);
    }
  }

  private async blankAll(journal: string, { selector, runs: known }: Note): Promise<Record<FactKind, number>> {
    for (const { writer } of this.logs) await writer.settled();
    const runs = new Set([...known, ...("workflowId" in selector ? [selector.workflowId] : [])]);
    const counts: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
    for (const log of this.logs)
      if (log.kind !== "feedback")
        for (const segment of await log.segments.list())
          for (const workflowId of await this.runsIn(log, segment, selector)) runs.add(workflowId);
    // The facts that tell whose runs these are go as well: whoever has to finish this would not find them any more.
    await replaceFile(journal, JSON.stringify({ selector, runs: [...runs] }));
    for (const log of this.logs)
      for (const segment of await log.segments.list()) {
        counts[log.kind] += await this.blank(log, segment, selector, runs);
        await this.blankDamaged(log, segment, [...Object.values(selector), ...runs]);
      }
    // Whose documents dropped the person may have a version beside them that still names them.
    for (const other of this.others) await other.forgetBefore();
    return counts;
  }

  /** The runs of which a segment holds something that is to be erased. */
  private async runsIn(log: FactLog, segment: StoredSegment, query: FactQuery): Promise<string[]> {
    const { kind, segments } = log;
    const index = await segments.indexOf(segment);
    const rows = index.candidates(query);
    const handle = rows.length === 0 ? undefined : await segments.openForReading(segment.name);
    if (handle === undefined) return [];
    const runs: string[] = [];
    let isStale = false;
    try {
      for await (const lines of fetchLines(index, rows, handle))
        for (const { line } of lines) {
          const parsed = parseLine(kind, line);
          isStale ||= parsed.state === "damaged";
          if (parsed.state === "fact" && matches(parsed.keys, query)) runs.push(parsed.fact.workflowId);
        }
    } finally {
      await handle.close();
    }
    return isStale && (await segments.rebuild(segment)) ? this.runsIn(log, segment, query) : runs;
  }

  /**
   * Blanks the facts of the runs in one segment, and the feedback selected; returns how many. A run that another process
   * began to write since the runs were looked for stays whole: of a half of it nobody could tell any more whose it is.
   */
  private async blank(
    log: FactLog,
    segment: StoredSegment,
    selector: ErasureSelector,
    runs: ReadonlySet<string>,
  ): Promise<number> {
    const { segments, writer, kind } = log;
    const rowsIn = (index: SegmentIndex) => {
      const rows = new Set(index.rowsOf(runs));
      if (kind === "feedback") for (const row of index.candidates(selector)) rows.add(row);
      return Uint32Array.from(rows).sort();
    };
    let index = await segments.indexOf(segment);
    const compares = kind === "feedback" && (await this.comparesWith(log, segment, runs));
    // No index knows whom a judgement compares: where one names a run, all are looked at.
    const rowsOf = (of: SegmentIndex) => (compares ? of.candidates({}) : rowsIn(of));
    if (rowsOf(index).length === 0) return 0;
    const isGone = ({ keys, fact }: { keys: FactKeys; fact: FactTypes[FactKind] }) =>
      runs.has(keys.workflowId) ||
      runs.has(comparedRunOf(kind, fact) ?? "") ||
      (kind === "feedback" && matches(keys, selector));
    if (writer.holds(segment.name)) {
      await writer.sealCurrent();
      // It may have grown since it was listed, and will not any more.
      segment = { ...segment, state: "sealed", size: (await segments.bytesOf(segment.name)) ?? 0 };
      index = await segments.indexOf(segment);
    } else if (segment.state === "held")
      await writeFile(segments.beside(segment.name, "erased"), newId(), { mode: PRIVATE_FILE });
    const handle = await segments.openForErasing(segment.name);
    // Retired meanwhile, by this process or another: its facts are gone as they should be.
    if (handle === undefined) return 0;
    const gone = new Set<number>();
    let isStale = false;
    try {
      // Counted anew: the sealing makes an index anew in which another process erased, and the rows have moved.
      for await (const lines of fetchLines(index, rowsOf(index), handle))
        for (const { row, line } of lines) {
          const parsed = parseLine(kind, line);
          isStale ||= parsed.state === "damaged";
          if (parsed.state !== "fact" || !isGone(parsed)) continue;
          await handle.write(Buffer.alloc(line.length, " "), 0, line.length, index.offset(row));
          gone.add(row);
        }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (isStale && (await segments.rebuild(segment)))
      return gone.size + (await this.blank(log, segment, selector, runs));
    if (gone.size > 0 && segment.state !== "held") await segments.replace(segment, index.without(gone));
    return gone.size;
  }

  /** Whether a judgement in a segment compares something with one of these runs. */
  private async comparesWith(
    { kind, segments }: FactLog,
    segment: StoredSegment,
    runs: ReadonlySet<string>,
  ): Promise<boolean> {
    const handle = await segments.openForReading(segment.name);
    if (handle === undefined) return false;
    let found = false;
    try {
      await visitLines(handle, 0, segment.size, (_, line) => {
        if (found || !line.includes(PREFERENCE)) return;
        const parsed = parseLine(kind, line);
        found = parsed.state === "fact" && runs.has(comparedRunOf(kind, parsed.fact) ?? "");
      });
    } finally {
      await handle.close();
    }
    return found;
  }

  /** Blanks what can be read by nobody but the curious (a damaged line, a torn end) where it names any of the ids. */
  private async blankDamaged(
    { segments, kind }: FactLog,
    segment: StoredSegment,
    ids: readonly string[],
  ): Promise<void> {
    const { bytes, damaged } = await segments.indexOf(segment);
    if (damaged === 0 && bytes >= segment.size) return;
    const handle = await segments.openForErasing(segment.name);
    if (handle === undefined) return;
    const names = ids.map((id) => JSON.stringify(id));
    const found: { offset: number; length: number }[] = [];
    const look = (offset: number, line: Buffer) => {
      const text = line.toString("utf8");
      if (names.some((name) => text.includes(name)) && parseLine(kind, line).state === "damaged")
        found.push({ offset, length: line.length });
    };
    try {
      const end = await visitLines(handle, 0, segment.size, look);
      // The end of a segment that somebody writes to is no torn one.
      if (segment.state !== "held") look(segment.size - end.length, end);
      for (const { offset, length } of found) await handle.write(Buffer.alloc(length, " "), 0, length, offset);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }
}
