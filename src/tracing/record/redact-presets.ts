import { cleanAuthority, cleanKeys, cleanPem } from "./redact-keys.js";
import { cleanNamed } from "./redact-named.js";
import { REDACTED } from "./redacted.js";

/** Named patterns for common private data. */
export type RedactPreset = "email" | "phone" | "card" | "key";

/**
 * A text without one kind of private data, in time linear in its length: every pattern here either starts at few
 * places, or takes a bounded number of steps from each.
 */
export type Cleaner = (text: string) => string;

/** Spaces and dashes that stand between the digits of a number: also those of typesetters. */
const GAP = String.raw` \u00A0\u2007\u2009\u202F.\-\/\u2010-\u2015`;

const PHONE = new RegExp(
  String.raw`(?<![\w.])(?:\+|00)?\(?\d{1,4}\)?(?:[${GAP}]{0,3}\(0\))?(?:[${GAP}]{0,3}\(?\d{2,4}\)?){2,4}(?![\w.])`,
  "g",
);
const CARD = /(?<!\d)(?:\d[ \u00A0\u2007\u2009\u202F\-\u2010-\u2015]?){12,18}\d(?!\d)/g;

/** The sign within an address: as it is written in a query of a URL, and in full width, too. */
const AT = /@|%40|\uFF20/g;
/** Where an address may go on before its `@`; halves of characters beyond the basic plane are letters as well. */
const LOCAL = /[\p{L}\p{M}\p{N}\uD800-\uDFFF._%+'-]/u;
const LONGEST_LOCAL = 64;
const DOMAIN = /(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,5}(?:xn--[a-z\d-]{2,59}|\p{L}[\p{L}\p{M}]{1,23})/uy;

export const PRESETS: Record<RedactPreset, Cleaner> = {
  email: cleanMail,
  phone: (text) =>
    text.replace(PHONE, (match) =>
      !/^\d{4}-\d\d-\d\d$/.test(match) && digitsOf(match).length >= 7 ? REDACTED : match,
    ),
  card: (text) => text.replace(CARD, (match) => (isCardNumber(digitsOf(match)) ? REDACTED : match)),
  /**
   * Keys and tokens of common services, JSON web tokens, headers, cookies, private keys in PEM, passwords in connection
   * strings, and what a name before it tells to be a secret.
   */
  key: (text) => cleanKeys(cleanNamed(cleanAuthority(cleanPem(text)))),
};

/** Looks around each `@`, where a pattern would try to begin an address at every letter. */
function cleanMail(text: string): string {
  let clean = "";
  let from = 0;
  for (const { 0: sign, index: at } of text.matchAll(AT)) {
    if (at < from) continue;
    let start = at;
    while (start > from && at - start < LONGEST_LOCAL && LOCAL.test(text[start - 1]!)) start--;
    if (start === at) continue;
    DOMAIN.lastIndex = at + sign.length;
    const domain = DOMAIN.exec(text);
    if (!domain) continue;
    clean += text.slice(from, start) + REDACTED;
    from = DOMAIN.lastIndex;
  }
  return clean + text.slice(from);
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

/** Luhn's check digit (ISO/IEC 7812-1), which all card numbers carry and nine of ten other numbers fail. */
function isCardNumber(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length >= 13 && sum % 10 === 0;
}
