/** Reference miners straight from the definitions; slow, for small alphabets and short sequences. */

/** Whether `pattern` occurs with at most `maxGap` other items between neighbours. */
export function occurs(
  sequence: readonly number[],
  pattern: readonly number[],
  maxGap: number,
  from = 0,
  first = true,
): boolean {
  if (pattern.length === 0) return true;
  const to = first ? sequence.length : Math.min(sequence.length, from + maxGap + 1);
  for (let j = from; j < to; j++)
    if (sequence[j] === pattern[0] && occurs(sequence, pattern.slice(1), maxGap, j + 1, false)) return true;
  return false;
}

/** All patterns up to `maxLength` with their supporting sequences, by key "a,b,c". */
export function allPatterns(
  sequences: readonly number[][],
  alphabet: number,
  minSupport: number,
  maxGap: number,
  maxLength: number,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const grow = (pattern: number[]) => {
    for (let item = 0; item < alphabet; item++) {
      const next = [...pattern, item];
      const with_ = sequences.flatMap((s, i) => (occurs(s, next, maxGap) ? [i] : []));
      if (with_.length < minSupport) continue;
      found.set(next.join(","), with_);
      if (next.length < maxLength) grow(next);
    }
  };
  grow([]);
  return found;
}

/** Those without a longer pattern in the list that occurs in exactly the same sequences. */
export function closedPatterns(all: Map<string, number[]>): Map<string, number[]> {
  const entries = [...all].map(([key, runs]) => ({
    key,
    runs: runs.join(),
    items: key.split(",").map(Number),
    all: runs,
  }));
  const closed = entries.filter(
    (p) =>
      !entries.some(
        (q) =>
          q.items.length > p.items.length && q.runs === p.runs && occurs(q.items, p.items, Number.POSITIVE_INFINITY),
      ),
  );
  return new Map(closed.map((p) => [p.key, p.all]));
}

/** Contiguous n-grams up to `maxN`: [sequences, occurrences] by key. */
export function allNgrams(sequences: readonly number[][], maxN: number): Map<string, [number, number]> {
  const found = new Map<string, [number, number]>();
  for (const s of sequences) {
    const seen = new Set<string>();
    for (let i = 0; i < s.length; i++)
      for (let n = 1; n <= maxN && i + n <= s.length; n++) {
        const key = s.slice(i, i + n).join(",");
        const entry = found.get(key) ?? [0, 0];
        found.set(key, [entry[0] + (seen.has(key) ? 0 : 1), entry[1] + 1]);
        seen.add(key);
      }
  }
  return found;
}
