/**
 * How a field is read; detected from its values unless given.
 * `number`: standardised; `levels`: whole numbers, of which each has an effect of its own beside its size
 * (departments, status codes, ratings); `date`: hour and day of the week of an ISO 8601 string or of
 * milliseconds or seconds since 1970; `code`: the letters before the digits (`INV-1042`); `identifier`:
 * left out; the others as they say.
 */
export type FieldKind = (typeof FIELD_KINDS)[number];

/** The kinds a field can be declared as. */
export const FIELD_KINDS = [
  "number",
  "levels",
  "boolean",
  "category",
  "code",
  "date",
  "short-text",
  "long-text",
  "vector",
  "identifier",
] as const;

/** Options of {@link fitEncoder}. */
export interface EncoderOptions {
  /** Kinds of fields for which detection would guess wrong. */
  fields?: Readonly<Record<string, FieldKind>>;
  /** Fields to leave out. */
  ignore?: readonly string[];
  /** Tokens per text field with a position, and a name, of their own: the most frequent (default 4096). */
  vocabulary?: number;
  /** Hashed positions per text field for all other tokens (default 1024). */
  textBuckets?: number;
  /** Topics a text field is summed up by (default 32); 0 for none, and no shape of the text either. */
  topics?: number;
  /** Distinct small whole numbers up to which each may be a category of its own (default 20; 0 for never). */
  maxLevels?: number;
  /** A string with more distinct values than this is text (default 64). */
  maxCategories?: number;
  /** Characters of a text that are read (default 8000). */
  maxTextChars?: number;
}
