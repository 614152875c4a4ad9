import { digest } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import type { LearningStore } from "./learning-store.js";

/** What a document says of a value that is kept as a blob: which one, and all that may be there for it. */
interface Reference {
  large: 1;
  current?: string;
  blobs: string[];
}

/**
 * A value too large for a document, which many write and read with others: it is a blob, of which the document holds the
 * name. Every blob is named there before it is written, so that none is left behind unknown. One writer at a time; who is
 * outrun by another may find nothing, and makes it anew.
 * @example
 * const vectors = new LargeDocument<Record<string, string>>(store, "reward-model/embeddings");
 * await vectors.put({ run1: "AAAA" });
 */
export class LargeDocument<T> {
  constructor(
    private readonly store: Pick<LearningStore, "documents" | "blobs">,
    private readonly key: string,
  ) {}

  /** The value; undefined where there is none. One that an earlier release wrote into the document itself is read as well. */
  async get(): Promise<T | undefined> {
    const { documents, blobs } = this.store;
    const stored = await documents.get<Reference | T>(this.key);
    if (!isReference(stored)) return stored;
    const text = stored.current === undefined ? undefined : await blobs.read(stored.current);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /** Replaces the value. */
  async put(value: T): Promise<void> {
    const { documents, blobs } = this.store;
    const text = JSON.stringify(value);
    const name = `${this.key}/${digest(text)}`;
    const change = (edit: (known: Reference) => Reference) =>
      documents.update<Reference>(this.key, (stored) => edit(isReference(stored) ? stored : { large: 1, blobs: [] }));
    await change((known) => ({ ...known, blobs: [...new Set([...known.blobs, name])] }));
    await blobs.write(name, text);
    const { blobs: all } = await change((known) => ({ ...known, current: name }));
    const old = all.filter((other) => other !== name);
    for (const other of old) await blobs.delete(other);
    if (old.length > 0) await change((known) => ({ ...known, blobs: known.blobs.filter((b) => !old.includes(b)) }));
  }

  /** Removes the value, and whatever was left of earlier ones. */
  async delete(): Promise<void> {
    const { documents, blobs } = this.store;
    for (const name of largeBlobsIn(await documents.get(this.key))) await blobs.delete(name);
    await documents.delete(this.key);
  }
}

function isReference(stored: unknown): stored is Reference {
  return isRecord(stored) && stored.large === 1 && Array.isArray(stored.blobs);
}

/** Names of the blobs that a stored document keeps its value in; none where it holds it itself. */
export function largeBlobsIn(stored: unknown): string[] {
  return isReference(stored) ? stored.blobs : [];
}
