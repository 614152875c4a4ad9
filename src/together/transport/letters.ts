import { z } from "zod";
import { expectationOf } from "../../core/expectation.js";
import { show } from "../../core/index.js";
import type { MaskedContribution } from "../federated/masking.js";
import { type Contribution, federationInvalid } from "../federated/statistics.js";

/** A site's public key for a round of masked contributions. */
export interface KeyLetter {
  schemaVersion: 1;
  site: string;
  /** As `maskingKey` gives it. */
  publicKey: string;
}

/** What sites send each other, by kind. */
export interface Letters {
  contribution: Contribution;
  masked: MaskedContribution;
  key: KeyLetter;
}

/** The kinds of what sites send each other. */
export type LetterKind = keyof Letters;

/** A name that is safe in a file, a key and an address. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

const head = { schemaVersion: z.literal(1), site: z.string().regex(NAME) };
const body = { plan: z.string(), size: z.int().min(1) };
const number = z.number();
const sums = { rows: number, weight: number, reward: number, square: number, gram: z.string(), moment: z.string() };

const SCHEMAS: { readonly [K in LetterKind]: z.ZodType<Letters[K]> } = {
  contribution: z.strictObject({ ...head, ...body, sums: z.record(z.string(), z.strictObject(sums)) }),
  masked: z.strictObject({ ...head, ...body, round: z.string(), sites: z.array(z.string()), words: z.string() }),
  key: z.strictObject({ ...head, publicKey: z.string() }),
};

/** Whether a text names a kind. */
export const isLetterKind = (kind: string): kind is LetterKind => Object.hasOwn(SCHEMAS, kind);

/**
 * The letter in a value from outside. That its sums are possible is checked by `merge`.
 * @throws FEDERATION_INVALID for anything else
 */
export function letterOf<K extends LetterKind>(kind: K, value: unknown): Letters[K] {
  if (!Object.hasOwn(SCHEMAS, kind))
    throw federationInvalid(
      `the kind of letter ${show(kind)}`,
      `one of ${Object.keys(SCHEMAS).join(", ")}`,
      "Name what is sent.",
    );
  const parsed = SCHEMAS[kind].safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw federationInvalid(
    `a ${kind} whose ${issue?.path.join(".") || "value"} is wrong`,
    issue ? expectationOf(issue) : `a ${kind}`,
    "Send what this version of the package made, under a site's name of letters, digits, dots, - and _.",
  );
}

/** The letter in a JSON text; fails with FEDERATION_INVALID. */
export function readLetter<K extends LetterKind>(kind: K, text: string): Letters[K] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw federationInvalid(`a ${kind} that is no JSON`, `a ${kind} as JSON`);
  }
  return letterOf(kind, value);
}

/** Fails with FEDERATION_INVALID for a name of a round or site that is not safe in a file, a key and an address. */
export function checkName(what: "round" | "site", name: string): void {
  if (NAME.test(name)) return;
  throw federationInvalid(
    `the ${what} ${show(name)}`,
    "up to 100 letters, digits, dots, - and _, the first of them no dot",
    `Name the ${what} so.`,
  );
}
