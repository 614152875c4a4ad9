import { digest } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import type { DocumentStore } from "../../store/index.js";
import { isListOfRecords } from "../../store/shaped-documents.js";
import { GroupedUpdates } from "../collect/grouped-updates.js";

/** Records of a page at most; with one more it is split. */
const MOST = 128;
/** Pages that a split one gives way to. */
const FAN_OUT = 4;

/** Pages that are read together where all are asked for. */
const AT_ONCE = 64;

/** Some of a book's records. */
interface Page<R> {
  requests: R[];
  /** Set when the page is split: its records do not change any more, and are gone once all its successors are there. */
  split?: "begun" | "done";
}

/** Where the pages of a book are, and which page a record belongs to. */
export interface BookPlace<R> {
  /** Begins the keys of all pages. Each is a file of its own; a small book has one. */
  name: string;
  /** What a record is found by. */
  idOf(record: R): string;
}

/**
 * Records by id, over as many small documents as it takes: what a change costs does not grow with their number. A page
 * that is full is split into four by the next bits of the ids' hash. It is frozen first, then each successor is made
 * from it where there is none yet, then it is emptied: whoever meets a split page goes on with that, so that any
 * process may die or sleep in the middle of it. Neither a split nor a page is ever taken back.
 */
export class PagedBook<R> {
  private readonly splits = new Set<string>();
  private readonly splitting = new Map<string, Promise<void>>();
  private readonly updates = new Map<string, { waiting: number; updates: GroupedUpdates<Page<R>> }>();

  constructor(
    private readonly documents: Pick<DocumentStore, "get" | "update">,
    private readonly place: BookPlace<R>,
  ) {}

  /** The record of this id. */
  async find(id: string): Promise<R | undefined> {
    const bits = bitsOf(id);
    for (let path = this.known(bits); ; path = bits.slice(0, path.length + 1)) {
      const { requests, split } = await this.page(path);
      if (split !== "done") return requests.find((r) => this.place.idOf(r) === id);
      this.splits.add(path);
    }
  }

  /**
   * Changes the records of the page on which this id belongs, and resolves with what `edit` returned, once durable.
   * @param edit gets the newest records, and the share of all ids that belong on their page
   */
  async change<T>(id: string, edit: (records: R[], share: number) => T): Promise<T> {
    const bits = bitsOf(id);
    for (let path = this.known(bits); ; path = bits.slice(0, path.length + 1)) {
      const changed = await this.changePage(path, edit);
      if (changed) return changed.result;
    }
  }

  /** Changes every page on which `concerns` finds a record; resolves with what `edit` returned of each. */
  async changeAll<T>(concerns: (record: R) => boolean, edit: (records: R[]) => T): Promise<T[]> {
    const results: T[] = [];
    for (let paths = [""]; paths.length > 0; ) {
      const split: string[] = [];
      for await (const { path, page } of this.pages(paths)) {
        if (!page.split) {
          if (!page.requests.some(concerns)) continue;
          const changed = await this.changePage(path, edit);
          if (changed) {
            results.push(changed.result);
            continue;
          }
        } else if (page.split === "begun") await this.finishSplit(path);
        split.push(path);
      }
      paths = split.flatMap(successors);
    }
    return results;
  }

  /** All records, page by page. */
  async *all(): AsyncIterable<readonly R[]> {
    for (let paths = [""]; paths.length > 0; ) {
      const split: string[] = [];
      for await (const { path, page } of this.pages(paths)) {
        if (page.split === "done") split.push(path);
        else yield page.requests;
      }
      paths = split.flatMap(successors);
    }
  }

  /** The pages at these places, many at a time. */
  private async *pages(paths: readonly string[]): AsyncIterable<{ path: string; page: Page<R> }> {
    const done: Page<R> = { requests: [], split: "done" };
    for (let from = 0; from < paths.length; from += AT_ONCE) {
      const part = paths.slice(from, from + AT_ONCE);
      const pages = await Promise.all(part.map((path) => (this.splits.has(path) ? done : this.page(path))));
      for (const [i, path] of part.entries()) yield { path, page: pages[i] };
    }
  }

  /**
   * Begins the book with these records, in one write; does nothing in a book that has begun.
   * @returns whether they are in it
   */
  async begin(records: readonly R[]): Promise<boolean> {
    const first = this.keyOf("");
    if ((await this.documents.get(first)) !== undefined) return false;
    let isFirst = false;
    await this.documents.update<Page<R> | object>(first, (stored) => {
      isFirst = stored === undefined;
      return stored ?? { requests: [...records] };
    });
    return isFirst;
  }

  /** The page of these bits as far as it is known; a page further on may have taken its place. */
  private known(bits: string): string {
    let path = "";
    while (this.splits.has(path)) path = bits.slice(0, path.length + 1);
    return path;
  }

  private keyOf(path: string): string {
    return `${this.place.name}${path && `-${path}`}/page`;
  }

  private async page(path: string): Promise<Page<R>> {
    return pageIn(await this.documents.get(this.keyOf(path)));
  }

  /** Undefined where the page was split before, and its successors are there. */
  private async changePage<T>(
    path: string,
    edit: (records: R[], share: number) => T,
  ): Promise<{ result: T } | undefined> {
    const { split, result } = await this.grouped(path, (page) => {
      if (page.split) return { split: true };
      const result = edit(page.requests, FAN_OUT ** -path.length);
      const isFull = page.requests.length > MOST && path.length < bitsOf("").length;
      if (isFull) page.split = "begun";
      return { split: isFull, result: { result } };
    });
    if (split) await this.finishSplit(path);
    return result;
  }

  /** Changes to one page that come while it is written go out together. */
  private async grouped<T>(path: string, edit: (page: Page<R>) => T): Promise<T> {
    const known = this.updates.get(path);
    const entry = known ?? { waiting: 0, updates: new GroupedUpdates(this.documents, this.keyOf(path), pageIn<R>) };
    this.updates.set(path, entry);
    entry.waiting++;
    try {
      return await entry.updates.change(edit);
    } finally {
      if (--entry.waiting === 0) this.updates.delete(path);
    }
  }

  /** Once at a time. */
  private finishSplit(path: string): Promise<void> {
    const work = this.splitting.get(path) ?? this.split(path).finally(() => this.splitting.delete(path));
    this.splitting.set(path, work);
    return work;
  }

  private async split(path: string): Promise<void> {
    if (this.splits.has(path)) return;
    const { requests, split } = await this.page(path);
    if (split === "begun") {
      const parts = new Map<string, R[]>();
      for (const record of requests) {
        const next = bitsOf(this.place.idOf(record)).slice(0, path.length + 1);
        parts.set(next, [...(parts.get(next) ?? []), record]);
      }
      // One that is there already may have changed since: it stays as it is.
      for (const [next, part] of parts)
        await this.documents.update<Page<R>>(this.keyOf(next), (stored) => stored ?? { requests: part });
      await this.documents.update<Page<R>>(this.keyOf(path), () => ({ requests: [], split: "done" }));
    }
    if (split) this.splits.add(path);
  }
}

function pageIn<R>(stored: Partial<Page<R>> | undefined): Page<R> {
  if (!isRecord(stored) || !isListOfRecords(stored.requests)) return { requests: [] };
  const { requests, split } = stored as unknown as Page<R>;
  return { requests, ...((split === "begun" || split === "done") && { split }) };
}

/** The hash of an id as digits to the base of the fan-out. */
function bitsOf(id: string): string {
  return BigInt(`0x1${digest(id, 16)}`)
    .toString(FAN_OUT)
    .slice(1);
}

function successors(path: string): string[] {
  return Array.from({ length: FAN_OUT }, (_, digit) => `${path}${digit}`);
}
