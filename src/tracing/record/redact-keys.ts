import { REDACTED } from "./redacted.js";

/** Names that keys of services begin with, followed by at least 12 letters, digits, `-` or `_`. */
const PREFIXES = [
  "(?:sk|pk|rk)[-_]", // OpenAI, Anthropic, OpenRouter, Stripe, and many that follow them
  "(?:gh[oprsu]|github_pat|ghe)_",
  "gl(?:pat|dt|rt|ptt|ft|soat|agent|cbt)-",
  "xox[a-z]-|xapp-",
  "(?:hf|api_org|npm|r8|gsk|nvapi|pypi|lin_api|lin_oauth|dop_v1|doo_v1|dckr_pat|figd|ntn|phc|phx|e2b|sbp|rpa|jina|tvly|pplx|xai|csk|shp(?:at|ss|ca|pa)|whsec|sntry[su]|tskey|glsa|rubygems|PMAK)[-_]",
  "(?:pcsk|tgp_v1|vercel_blob_rw|pscale_(?:pw|tkn|oauth)|sb_secret|fm[12]r?|HRKU|GOCSPX|NRAK|NRII)[-_]",
  "(?:glc|ops)_eyJ|dp\\.(?:pt|sa|ct|st(?:\\.[-\\w]{1,40})?)\\.",
  "lsv2_(?:pt|sk)_",
  String.raw`hv[sb]\.|SG\.|ya29\.|ATATT3|ATCTT3|ATBB|dapi|EAA|AIza|sq0[a-z]{3}-`,
].join("|");

const KEY = new RegExp(
  [
    String.raw`(?<![A-Za-z0-9])(?:${PREFIXES})[-\w]{12,}(?:\.[-\w]{8,}){0,2}`,
    // Names that are words as well: what follows must be long, and of one piece.
    "(?<![A-Za-z0-9])(?:secret|key|pa|fw|pul|re|llx|fc|vck|nfp|rnd|napi)[-_][A-Za-z0-9]{24,}",
    String.raw`\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b`,
    String.raw`\b(?:ABSK[A-Za-z0-9+/]{32,1024}={0,2}|cio[A-Za-z0-9]{32}\b|pat[A-Za-z0-9]{14}\.[0-9a-f]{64})`,
    String.raw`(?<![\w.])sl\.(?:u\.)?[-\w]{40,}`,
    String.raw`(?<![\w/])1//0[-\w]{20,512}`,
    String.raw`access_token\$\w{1,20}\$\w{8,40}\$[0-9a-f]{32}`,
    // Addresses and names that are secrets by themselves: webhooks, a bot's token, an age key.
    String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{16,256}`,
    String.raw`hooks\.zapier\.com/hooks/catch/[\w/]{8,256}`,
    String.raw`webhook\.office\.com/webhookb2/[-\w/@]{16,512}`,
    String.raw`discord(?:app)?\.com/api/webhooks/\d{5,25}/[-\w]{16,128}`,
    String.raw`(?<![-\w.])[MNO][-\w]{23,27}\.[-\w]{6}\.[-\w]{27,38}(?![-\w])`,
    String.raw`(?<!\d)\d{8,10}:AA[-\w]{33}(?![-\w])`,
    "AGE-SECRET-KEY-1[A-Z0-9]{20,80}",
    String.raw`\b[Bb][Ee][Aa][Rr][Ee][Rr] [-\w.~+/]{16,}=*`,
    String.raw`\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=[A-Za-z0-9+/%]{16,}={0,2}`,
    String.raw`(?:[Pp]assword|[Pp]asswd|[Pp]wd|PASSWORD|PASSWD|PWD)\s{0,3}=>?\s{0,3}(?:"[^"]{1,256}"|'[^']{1,256}'|[^\s;,&"']{1,256})`,
  ].join("|"),
  "g",
);

/** What may begin anywhere is looked for only where its mark is. */
const MARKED: readonly (readonly [mark: string, key: RegExp])[] = [
  // A JSON web token (signed, without a signature, or encrypted) begins where the run of its letters does: from
  // within, each start would read it anew.
  ["eyJ", /(?<![-\w])(?:[A-Za-z]{1,20}[-_]){0,2}eyJ[-\w]{8,}\.[-\w]*\.[-\w]*(?:\.[-\w]{8,}){0,2}/g],
  ["Q~", /(?<![-\w~.])[\w~.]{3}\dQ~[-\w~.]{31,34}(?![-\w~])/g],
  ["-us", /\b[0-9a-f]{32}-us\d{1,2}\b/g],
];

/** What goes on in small letters alone is words. */
function isKey(match: string): boolean {
  const capital = match.search(/[A-Z]/);
  return /[\d=]/.test(match) || (capital >= 0 && /[a-z]/.test(match.slice(capital)));
}

export function cleanKeys(text: string): string {
  let clean = text;
  for (const [mark, key] of MARKED) if (clean.includes(mark)) clean = clean.replace(key, REDACTED);
  return clean.replace(KEY, (match) => (isKey(match) ? REDACTED : match));
}

const PEM_HEADER = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_FOOTER = /PRIVATE KEY(?: BLOCK)?-----/g;
/** A key without an end may have been cut off: so much behind its beginning is taken for its own. */
const LONGEST_PEM = 8192;

export function cleanPem(text: string): string {
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

/** What stands before the host of an address with a scheme; in one of a database, a password may hold any sign. */
const AUTHORITY = /(?<!\w)([A-Za-z][A-Za-z0-9+.-]{0,30})?:\/\/([^\s"'<>]{3,1024})/g;
const DATABASE = /^(?:postgres|mysql|mariadb|mongodb|redis|valkey|amqp|mssql|sqlserver|clickhouse|neo4j|bolt)/i;

/** `scheme://user:password@host` without user and password, and without a token that stands for both. */
export function cleanAuthority(text: string): string {
  return text.replace(AUTHORITY, (match, scheme: string | undefined, rest: string) => {
    const authority = scheme !== undefined && DATABASE.test(scheme) ? rest : /^[^/?#]*/.exec(rest)![0];
    const at = authority.lastIndexOf("@");
    const user = authority.slice(0, Math.max(0, at));
    const isSecret = /:|%3a/i.test(user) || (user.length >= 20 && /\d/.test(user) && /[A-Za-z]/.test(user));
    return isSecret ? `${scheme ?? ""}://${REDACTED}${rest.slice(at)}` : match;
  });
}
