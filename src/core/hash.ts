import { hash } from "node:crypto";

/**
 * 32-bit MurmurHash3 (x86, Appleby 2008) over UTF-16 code units. Fast and the same in every
 * process; not for secrets.
 * @returns an unsigned 32-bit integer
 */
export function hash32(text: string, seed = 0): number {
  let h = seed | 0;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= text.length * 2;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** SHA-256 in hex, cut to `length` characters (32 by default, i.e. 128 bits). */
export function digest(text: string, length = 32): string {
  return hash("sha256", text).slice(0, length);
}
