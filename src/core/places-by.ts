/** The places of items by what each belongs to, in the order in which that first came. */
export function placesBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, number[]> {
  const places = new Map<K, number[]>();
  items.forEach((item, i) => {
    const key = keyOf(item);
    const known = places.get(key);
    if (known) known.push(i);
    else places.set(key, [i]);
  });
  return places;
}
