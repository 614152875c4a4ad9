/** The beginning of a text, at most so many characters of it; none is cut in two, which not everything that reads it takes. */
export function clipped(text: string, most: number): string {
  return text.length > most ? text.slice(0, most).replace(/[\ud800-\udbff]$/, "") : text;
}

/** The same, which says where it was cut. */
export function clippedVisibly(text: string, most: number): string {
  return text.length > most ? `${clipped(text, most)} [cut]` : text;
}
