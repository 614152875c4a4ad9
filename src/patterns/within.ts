/** Whether `part` occurs in `whole` in this order, whatever comes between. */
export function isWithin<T>(part: readonly T[], whole: readonly T[]): boolean {
  let i = 0;
  for (const item of whole) if (i < part.length && item === part[i]) i++;
  return i === part.length;
}
