import { REDACTED } from "./redacted.js";

/** Quotes around a name or a value, as they are written in JSON, also in JSON within JSON. */
const QUOTE = String.raw`\\{0,7}["']`;
const WORDS =
  "secret|token|credentials?|signature|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|auth[_-]?key";
const PASSWORDS = "password|passwd|passphrase|pwd";
/** A secret by the name before it, as in JSON, in headers, in addresses and in a shell's variables; the name stays. */
const NAMED = new RegExp(
  String.raw`((?:${WORDS})(?:${QUOTE})?\s{0,3}(?::|=>?)\s{0,3})(?:(${QUOTE})([^"'\\\s]{12,1024})|([\w+/.~%$!-]{16,}={0,2}))`,
  "gi",
);
/** A short one in an address. */
const QUERY = new RegExp(String.raw`([?&](?:[A-Za-z]{1,20}[_-]){0,3}(?:${WORDS}|sig)=)([^\s&#"'<>]{8,1024})`, "gi");
/** A password in quotes; in prose, what follows the word is a word. */
const QUOTED = new RegExp(
  String.raw`((?:${PASSWORDS})["']\s{0,3}(?::|=>)\s{0,3})("(?:[^"\\]|\\.){1,256}"|'(?:[^'\\]|\\.){1,256}'|-?\d{4,32})`,
  "gi",
);
/** The same within a text that is quoted itself: it ends at the next quote of its own depth. */
const WITHIN = new RegExp(
  String.raw`((?:${PASSWORDS})(\\{1,7}["'])\s{0,3}:\s{0,3}\2)((?:(?!(?<!\\)\2)[^]){1,256})(?<!\\)\2`,
  "gi",
);
/** A password alone on its line, after a flag, or in a file of logins. */
const WRITTEN = new RegExp(
  String.raw`((?:${PASSWORDS}):[ \t]{1,3}|--(?:[a-z]{1,20}-){0,3}(?:${PASSWORDS}|token|secret|api-?key)[ =]|\blogin[ \t][^\s]{1,256}[ \t]password[ \t])([^\s,;"'&<>]{4,1024})(?=[\s,;"'&<>]|$)`,
  "gi",
);
const USER = /(\s(?:-u|--user)[ =]?["']?)([^\s:"']{1,256}:[^\s"']{3,256})/g;
const TAGGED = new RegExp(String.raw`(<[\w.:-]{0,40}(?:${WORDS}|${PASSWORDS})>)([^<]{1,1024})(?=</)`, "gi");
const BASIC = /\b(basic )([A-Za-z0-9+/_-]{6,1024}={0,2})(?![A-Za-z0-9+/])/gi;
const DOCKER = /("auth["']?\s{0,3}:\s{0,3}["'])([A-Za-z0-9+/]{6,1024}={0,2})/g;
const HEADER = new RegExp(
  String.raw`((?:proxy-)?authorization(?:${QUOTE})?\s{0,3}[:=]\s{0,3}(?:${QUOTE})?(?:[A-Za-z][\w-]{0,30} {1,3})?)([^\s"',;\\]{8,})`,
  "gi",
);
const COOKIE = /(\b(?:set-)?cookie["']?\s{0,3}:\s{0,3}["']?)([\w.-]{1,64}=[^\r\n"']{4,4096})/gi;
/** The private members of a JSON web key. */
const JWK = /("(?:d|p|q|dp|dq|qi|k)"\s{0,3}:\s{0,3}")([-\w]{40,2048})(?=")/g;

/** A mark of what has no words' shape. */
const isSecret = (value: string) => /\d/.test(value) && /[A-Za-z]/.test(value);

/** Takes out what a name before it tells to be a secret. */
export function cleanNamed(text: string): string {
  const without =
    (isMeant: (value: string) => boolean) =>
    (match: string, name: string, value: string): string =>
      isMeant(value) ? name + REDACTED : match;
  return text
    .replace(QUOTED, (_, name: string, value: string) => {
      const quote = /["']/.test(value[0]!) ? value[0] : "";
      return name + quote + REDACTED + quote;
    })
    .replace(WITHIN, (_, name: string, quote: string) => name + REDACTED + quote)
    .replace(NAMED, (match, name: string, quote: string | undefined, quoted?: string, bare?: string) =>
      isSecret(quoted ?? bare ?? "") ? name + (quote ?? "") + REDACTED : match,
    )
    .replace(QUERY, without(isSecret))
    .replace(
      WRITTEN,
      without((value) => value !== REDACTED && isSecret(value)),
    )
    .replace(
      USER,
      without((value) => !/^\d+:\d+$/.test(value)),
    )
    .replace(
      TAGGED,
      without((value) => value.trim() !== ""),
    )
    .replace(BASIC, without(isCredentials))
    .replace(DOCKER, without(isCredentials))
    .replace(HEADER, without(isSecret))
    .replace(COOKIE, (_, name: string) => name + REDACTED)
    .replace(JWK, (_, name: string) => name + REDACTED);
}

/** Whether a text is `user:password` in base64, and not a word. */
function isCredentials(code: string): boolean {
  const text = Buffer.from(code, "base64").toString("utf8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a password has none of them
  return text.includes(":") && !/[\x00-\x1f\x7f\ufffd]/.test(text);
}

const SECRET_NAME = new RegExp(`(?:${WORDS})$`, "i");
const PASSWORD_NAME = new RegExp(`(?:${PASSWORDS})$`, "i");

/** Whether a field's name tells that what it holds is a secret: the same names that are known within a text. */
export function isNamedSecret(name: string, value: string | number | bigint): boolean {
  if (name.length > 128) return false;
  if (PASSWORD_NAME.test(name)) return value !== "";
  return typeof value === "string" && value.length >= 12 && SECRET_NAME.test(name) && isSecret(value);
}
