/**
 * Visits extensions in the order of their growth, each with the items that lead to it, its own included.
 * @param visit gives the extensions of this one, undefined where there is nothing to look for
 */
export function depthFirst<E extends { item: number }>(
  roots: E[],
  visit: (extension: E, prefix: readonly number[]) => E[] | undefined,
): void {
  const prefix: number[] = [];
  // A stack of its own: patterns of long runs are longer than the call stack is deep.
  const levels = [roots];
  const at = [0];
  while (levels.length > 0) {
    const e = levels.at(-1)?.[at[at.length - 1]];
    if (!e) {
      levels.pop();
      at.pop();
      prefix.pop();
      continue;
    }
    at[at.length - 1] = at[at.length - 1] + 1;
    prefix.push(e.item);
    const extensions = visit(e, prefix);
    if (extensions) {
      levels.push(extensions);
      at.push(0);
    } else prefix.pop();
  }
}
