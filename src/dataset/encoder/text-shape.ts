/** Characters whose share is measured: a text is known by its beginning. */
const READ = 2000;

/**
 * Measures of a text beside its words, as `SHAPES` names them: log of its length and of its lines, and the
 * shares of digits, capital letters and symbols among its first 2,000 characters.
 */
export function textShapeOf(text: string, maxChars: number): number[] {
  const end = Math.min(text.length, maxChars, READ);
  let digits = 0;
  let capitals = 0;
  let symbols = 0;
  let lines = 0;
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) lines++;
    else if (c >= 48 && c <= 57) digits++;
    else if (c >= 65 && c <= 90) capitals++;
    else if ((c > 32 && c < 48) || (c > 57 && c < 65) || (c > 90 && c < 97) || (c > 122 && c < 127)) symbols++;
  }
  const n = Math.max(1, end);
  return [Math.log1p(text.length), digits / n, capitals / n, symbols / n, Math.log1p(lines)];
}
