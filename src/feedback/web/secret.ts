import { LearningError } from "../../core/index.js";

const LEAST_LENGTH = 16;
/** Fewer bits can be tried out by whoever holds one signed link. */
const LEAST_BITS = 40;

/**
 * Refuses secrets that are short or can be guessed by their pattern. The estimate is an upper bound: words that people
 * choose hold less than it says.
 * @throws CONFIG_INVALID
 */
export function checkSecret(secret: unknown): asserts secret is string {
  const received =
    typeof secret !== "string"
      ? "a secret that is no text"
      : secret.length < LEAST_LENGTH
        ? `a secret of ${secret.length} characters`
        : bitsOf(secret) < LEAST_BITS
          ? `a secret whose pattern can be guessed (about ${Math.round(bitsOf(secret))} bits)`
          : undefined;
  if (received === undefined) return;
  throw new LearningError("CONFIG_INVALID", {
    received,
    expected: `at least ${LEAST_LENGTH} characters that are random`,
    remedy: "Make one by `openssl rand -hex 32` and keep it in your configuration, the same in every process.",
  });
}

/** Shannon entropy of a text's characters, in bits; what repeats the text before or continues a row counts once. */
function bitsOf(secret: string): number {
  const unit = secret.slice(0, periodOf(secret));
  const kept = [...unit].filter((_, i) => {
    const step = (at: number) => unit.charCodeAt(at) - unit.charCodeAt(at - 1);
    return i < 2 || step(i) !== step(i - 1);
  });
  const counts = new Map<string, number>();
  for (const character of kept) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / kept.length);
  return bits;
}

/** The shortest length after which a text repeats itself. */
function periodOf(text: string): number {
  for (let period = 1; period < text.length; period++) if (text.startsWith(text.slice(period))) return period;
  return text.length;
}
