/** Rows in chunks that double in size, so that each can be predicted by what was learned from those before it. */
export function* doublingChunks<T>(rows: readonly T[], first: number): Iterable<T[]> {
  for (let from = 0, size = first; from < rows.length; from += size, size = from) yield rows.slice(from, from + size);
}
