/** What a tokeniser reports: the hash of a token, and where its text can be found when it is needed. */
export type TokenVisitor = (hash: number, kind: TokenKind, start: number, end: number) => void;

/** A word, two neighbouring words, or a run of characters within a word. */
export type TokenKind = "word" | "pair" | "gram";

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const SYMBOL = 3;
const IDEOGRAM = 4;
const SYMBOLS = "!?$%#*=<>@";

function classOf(code: number): number {
  if (code < 128) {
    if ((code >= 97 && code <= 122) || code === 39 || code === 95) return LETTER;
    if (code >= 48 && code <= 57) return DIGIT;
    return SYMBOLS.includes(String.fromCharCode(code)) ? SYMBOL : OTHER;
  }
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f)) return OTHER;
  if ((code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7af)) return IDEOGRAM;
  return LETTER;
}
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => classOf(code));

const step = (h: number, code: number): number => Math.imul(h ^ code, 0x01000193);
/** Spreads a running hash over 32 bits (MurmurHash3's finaliser, Appleby 2008). */
function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
const SEED = 0x811c9dc5 | 0;
const GRAM_SEED = 0x2f9be6cc | 0;
const pairHash = (first: number, second: number): number => finish(Math.imul(first, 31) ^ second);

/**
 * Walks over the words of a lower-case text. Digits count as the digit 0, so that numbers share their
 * shape; a run of one symbol (`!!!`) is a word of at most three; an ideogram is a word by itself.
 * @param grams also report runs of three and four characters within each word, its borders included
 * @param pairs also report neighbouring words as one token
 */
export function visitTokens(text: string, pairs: boolean, grams: boolean, visit: TokenVisitor): void {
  let previous = 0;
  let previousStart = -1;
  let i = 0;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? ASCII[code] : classOf(code);
    if (kind === OTHER) {
      i++;
      continue;
    }
    const start = i;
    let h = SEED;
    if (kind === SYMBOL) {
      while (i < text.length && text.charCodeAt(i) === code) {
        if (i - start < 3) h = step(h, code);
        i++;
      }
    } else if (kind === IDEOGRAM) {
      h = step(h, code);
      i++;
    } else {
      for (; i < text.length; i++) {
        const c = text.charCodeAt(i);
        const k = c < 128 ? ASCII[c] : classOf(c);
        if (k !== LETTER && k !== DIGIT) break;
        h = step(h, k === DIGIT ? 48 : c);
      }
    }
    const end = kind === SYMBOL ? Math.min(i, start + 3) : i;
    const word = finish(h);
    visit(word, "word", start, end);
    if (pairs && previousStart >= 0) visit(pairHash(previous, word), "pair", previousStart, end);
    if (grams && end - start > 3) visitGrams(text, start, end, visit);
    previous = word;
    previousStart = start;
  }
}

function visitGrams(text: string, start: number, end: number, visit: TokenVisitor): void {
  for (let from = start - 1; from + 3 <= end + 1; from++) {
    let h = GRAM_SEED;
    for (let i = from; i < from + 4 && i <= end; i++) {
      const c = i < start || i >= end ? 32 : text.charCodeAt(i);
      h = step(h, c >= 48 && c <= 57 ? 48 : c);
      if (i >= from + 2) visit(finish(h), "gram", Math.max(from, start), Math.min(i + 1, end));
    }
  }
}

/** How a reported token reads: digits as 0, words of a pair joined by one space, character runs between tildes. */
export function tokenText(text: string, kind: TokenKind, start: number, end: number): string {
  const raw = text.slice(start, end).replace(/\d/g, "0");
  if (kind === "gram") return `~${raw}~`;
  return kind === "word" ? raw : raw.replace(/[^\p{L}\p{N}'_!?$%#*=<>@]+/gu, " ");
}
