/** So many of a campaign's parts, spread evenly over them and the last among them; all where no number is given. */
export function spread<T>(parts: readonly T[], count: string | undefined): T[] {
  const wanted = Math.min(Number(count ?? parts.length), parts.length);
  const step = parts.length / wanted;
  return parts.filter((_, i) => Math.floor((i + 1) / step) > Math.floor(i / step));
}
