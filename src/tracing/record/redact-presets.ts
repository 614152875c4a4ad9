/** Named patterns for common private data. */
export type RedactPreset = "email" | "phone" | "card" | "key";

/** What to look for in texts; a match counts when it is also accepted. */
export interface Pattern {
  regex: RegExp;
  accept?: (match: string) => boolean;
}

export const PRESETS: Record<RedactPreset, Pattern> = {
  email: {
    regex: /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}/g,
  },
  phone: {
    regex: /(?<![\w.])(?:\+|00)?\(?\d{1,4}\)?(?:[ .\-/]?\(?\d{2,4}\)?){2,4}(?![\w.])/g,
    accept: (match) => !/^\d{4}-\d\d-\d\d$/.test(match) && digitsOf(match).length >= 7,
  },
  card: { regex: /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/g, accept: (match) => isCardNumber(digitsOf(match)) },
  /** Keys and tokens of common services, JSON web tokens, bearer headers, private keys in PEM. */
  key: {
    regex: new RegExp(
      [
        /\b(?:sk|pk|rk|lsv2|gh[opsu]|github_pat|glpat|hf|npm|xox[abeprs])[-_][-\w]{12,}/.source,
        /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/.source,
        /\bAIza[-\w]{30,}/.source,
        /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/.source,
        /\b[Bb]earer [-\w.~+/]{16,}=*/.source,
        /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,3800}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/.source,
      ].join("|"),
      "g",
    ),
  },
};

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
