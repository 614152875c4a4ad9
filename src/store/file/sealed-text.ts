import { crc32 } from "node:zlib";

const HEAD = '{"checksum":"';
const DIGITS = 8;

/** What a sealed text holds. */
export interface Sealed {
  /** Marks of the writes that led to it, newest first. */
  stamps: string[];
  contents: unknown;
}

/** JSON text and the marks of its writes, with a checksum, as JSON text. */
export function sealText(json: string, stamps: readonly string[]): string {
  return withChecksum(`"stamps":${JSON.stringify(stamps)},"contents":${json}}`);
}

function withChecksum(rest: string): string {
  return `${HEAD}${crc32(rest).toString(16).padStart(DIGITS, "0")}",${rest}`;
}

/** What {@link sealText} was given; undefined for what has no checksum. Fails where it is wrong. */
export function openText(text: string): Sealed | undefined {
  if (!text.startsWith(HEAD)) return undefined;
  if (withChecksum(text.slice(HEAD.length + DIGITS + 2)) !== text)
    throw new Error("the checksum does not agree with the contents");
  return JSON.parse(text) as Sealed;
}
