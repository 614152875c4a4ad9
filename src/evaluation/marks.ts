import { hash } from "node:crypto";

/**
 * The mark that something was counted: 48 bits of its id. Among a million marks, two are alike once in five hundred
 * times.
 */
export const markOf = (id: string): string => hash("sha256", id, "base64url").slice(0, 8);

/** The marks of a text of them. */
export const marksIn = (seen: string | undefined): Set<string> => new Set(seen?.match(/.{8}/g));
