import { crc32 } from "node:zlib";

const HEAD = '{"checksum":"';
const MIDDLE = '","contents":';
/** Bytes of a checksum in hex. */
const DIGITS = 8;
const BODY = HEAD.length + DIGITS + MIDDLE.length;

/** JSON text with a checksum, as JSON text. */
export function sealText(json: string): string {
  return `${HEAD}${crc32(json).toString(16).padStart(DIGITS, "0")}${MIDDLE}${json}}`;
}

/** The JSON text that {@link sealText} was given; undefined for what has no checksum. Fails where it is wrong. */
export function openText(text: string): string | undefined {
  if (!text.startsWith(HEAD)) return undefined;
  const json = text.slice(BODY, -1);
  if (sealText(json) !== text) throw new Error("the checksum does not agree with the contents");
  return json;
}
