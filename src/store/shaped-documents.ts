import { defaultLogger } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import type { DocumentStore, UpdateOptions } from "./learning-store.js";

/** Documents of one shape. */
export interface ShapedDocuments<T> {
  get(key: string): Promise<T | undefined>;
  update(key: string, change: (current: T | undefined) => T, options?: UpdateOptions): Promise<T>;
}

/**
 * Documents that hold what can be made anew. One of another shape (edited by hand, of another release) is told of and
 * taken for a missing one: it must not keep the others from being read, nor the process from starting.
 * @param isOf whether a stored value has the shape, as far as its readers rely on it
 * @example
 * const modes = shapedDocuments<Record<string, Mode>>(store.documents, isRecord);
 */
export function shapedDocuments<T>(
  documents: Pick<DocumentStore, "get" | "update">,
  isOf: (value: unknown) => boolean,
): ShapedDocuments<T> {
  const told = new Set<string>();
  const known = (key: string, value: unknown): T | undefined => {
    if (value === undefined || isOf(value)) return value as T | undefined;
    if (!told.has(key)) defaultLogger().warn("a document of another shape is taken for a missing one", { key });
    told.add(key);
    return undefined;
  };
  return {
    get: async (key) => known(key, await documents.get<unknown>(key)),
    update: (key, change, options) =>
      documents.update<unknown>(key, (stored) => change(known(key, stored)), options) as Promise<T>,
  };
}

/** A test for objects whose values all are objects. */
export const isBookOfRecords = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isRecord);

/** A test for lists of objects. */
export const isListOfRecords = (value: unknown): boolean => Array.isArray(value) && value.every(isRecord);
