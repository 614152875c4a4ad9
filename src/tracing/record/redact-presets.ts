/** Named patterns for common private data. */
export type RedactPreset = "email" | "phone" | "card" | "key";

/** What stands where something was removed. */
export const REDACTED = "[redacted]";

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

/** Names that keys of services begin with, followed by at least 12 letters, digits, `-` or `_`. */
const PREFIXES = [
  "(?:sk|pk|rk)[-_]", // OpenAI, Anthropic, OpenRouter, Stripe, and many that follow them
  "(?:gh[oprsu]|github_pat|ghe)_",
  "gl(?:pat|dt|rt|ptt|ft|soat|agent|cbt)-",
  "xox[a-z]-|xapp-",
  "(?:hf|api_org|npm|r8|gsk|nvapi|pypi|lin_api|lin_oauth|dop_v1|doo_v1|dckr_pat|figd|ntn|phc|phx|e2b|sbp|rpa|jina|tvly|pplx|xai|csk|shp(?:at|ss|ca|pa)|whsec|sntry[su]|tskey|glsa|rubygems|PMAK)[-_]",
  "lsv2_(?:pt|sk)_",
  String.raw`hv[sb]\.|SG\.|ya29\.|ATATT3|dapi|EAA|AIza|sq0[a-z]{3}-`,
].join("|");

const KEY = new RegExp(
  [
    String.raw`(?<![A-Za-z0-9])(?:${PREFIXES})[-\w]{12,}(?:\.[-\w]{8,}){0,2}`,
    // Names that are words as well: what follows must be long, and of one piece.
    "(?<![A-Za-z0-9])(?:secret|key|pa|fw|pul|re)[-_][A-Za-z0-9]{24,}",
    String.raw`\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b`,
    // A JSON web token begins where the run of its letters does: from within, each start would read it anew.
    String.raw`(?<![-\w])eyJ[-\w]{8,}\.[-\w]{8,}\.[-\w]{8,}`,
    // Addresses and names that are secrets by themselves: webhooks, a bot's token, an age key.
    String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{16,256}`,
    String.raw`discord(?:app)?\.com/api/webhooks/\d{5,25}/[-\w]{16,128}`,
    String.raw`(?<!\d)\d{8,10}:AA[-\w]{33}(?![-\w])`,
    "AGE-SECRET-KEY-1[A-Z0-9]{20,80}",
    String.raw`\b[Bb]earer [-\w.~+/]{16,}=*`,
    String.raw`\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=[A-Za-z0-9+/%]{16,}={0,2}`,
    String.raw`(?:[Pp]assword|[Pp]asswd|[Pp]wd|PASSWORD|PASSWD|PWD)\s{0,3}=\s{0,3}(?:"[^"]{1,256}"|'[^']{1,256}'|[^\s;,&"']{1,256})`,
  ].join("|"),
  "g",
);
/** What goes on in small letters alone is words. */
function isKey(match: string): boolean {
  const capital = match.search(/[A-Z]/);
  return /[\d=]/.test(match) || (capital >= 0 && /[a-z]/.test(match.slice(capital)));
}

/** A secret by the name before it, as in JSON, in headers and in a shell's variables; the name stays. */
const NAMED =
  /(["']?(?<![A-Za-z])(?:[A-Za-z]{1,20}[_-]){0,3}(?:secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret)["']?\s{0,3}[:=]\s{0,3}["']?)([A-Za-z0-9+/_.~-]{16,}={0,2})/gi;
/** A password in JSON; in prose, what follows the word is a word. */
const QUOTED = /((?:password|passwd|pwd)["']\s{0,3}:\s{0,3})("(?:[^"\\]|\\.){1,256}"|'(?:[^'\\]|\\.){1,256}')/gi;
/** A mark of what has no words' shape. */
const isSecret = (value: string) => /\d/.test(value) && /[A-Za-z]/.test(value);

const BASIC = /\b([Bb]asic )([A-Za-z0-9+/]{6,1024}={0,2})(?![A-Za-z0-9+/])/g;
/** What stands before the host of an address with a scheme. */
const AUTHORITY = /:\/\/([^\s/?#"'<>]{3,1024})/g;

export const PRESETS: Record<RedactPreset, Cleaner> = {
  email: cleanMail,
  phone: (text) =>
    text.replace(PHONE, (match) =>
      !/^\d{4}-\d\d-\d\d$/.test(match) && digitsOf(match).length >= 7 ? REDACTED : match,
    ),
  card: (text) => text.replace(CARD, (match) => (isCardNumber(digitsOf(match)) ? REDACTED : match)),
  /**
   * Keys and tokens of common services, JSON web tokens, bearer and basic headers, private keys in PEM, and
   * passwords in connection strings.
   */
  key: (text) =>
    cleanPem(text)
      .replace(AUTHORITY, cleanAuthority)
      .replace(QUOTED, (_, name: string, value: string) => name + value[0] + REDACTED + value[0])
      .replace(NAMED, (match, name: string, value: string) => (isSecret(value) ? name + REDACTED : match))
      .replace(BASIC, (match, name: string, code: string) => (isCredentials(code) ? name + REDACTED : match))
      .replace(KEY, (match) => (isKey(match) ? REDACTED : match)),
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

const PEM_HEADER = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_FOOTER = /PRIVATE KEY(?: BLOCK)?-----/g;
/** A key without an end may have been cut off: so much behind its beginning is taken for its own. */
const LONGEST_PEM = 8192;

function cleanPem(text: string): string {
  let clean = "";
  let from = 0;
  let end = 0;
  PEM_HEADER.lastIndex = 0;
  for (let header = PEM_HEADER.exec(text); header; header = PEM_HEADER.exec(text)) {
    const body = header.index + header[0].length;
    // Searched once for all headers before it.
    if (end < body) {
      PEM_FOOTER.lastIndex = body;
      const footer = PEM_FOOTER.exec(text);
      end = footer ? footer.index + footer[0].length : Number.POSITIVE_INFINITY;
    }
    clean += text.slice(from, header.index) + REDACTED;
    from = Math.min(end, body + LONGEST_PEM, text.length);
    PEM_HEADER.lastIndex = from;
  }
  return clean + text.slice(from);
}

/** `://user:password@host` without user and password. */
function cleanAuthority(match: string, authority: string): string {
  const at = authority.lastIndexOf("@");
  return at > 0 && authority.slice(0, at).includes(":") ? `://${REDACTED}${authority.slice(at)}` : match;
}

/** Whether a text is `user:password` in base64, and not a word. */
function isCredentials(code: string): boolean {
  const text = Buffer.from(code, "base64").toString("latin1");
  return /^[\x20-\x7e]+$/.test(text) && text.includes(":");
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
