import { setImmediate } from "node:timers/promises";
import { digest, LearningError, messageOf, show } from "../core/index.js";
import type { BlobStore } from "../store/learning-store.js";

/** A payload as it is stored: JSON text under a name that its own digest ends. */
export interface SealedPayload {
  blob: string;
  digest: string;
  content: string;
}

/**
 * Text of a payload.
 * @throws LearningError ARTIFACT_INVALID for what JSON would drop or change: undefined, functions,
 * numbers that are not finite, typed arrays, maps and sets
 */
export function plainText(name: string, payload: unknown): string {
  const refuse = (path: string, value: string, cause?: unknown) =>
    new LearningError("ARTIFACT_INVALID", {
      received: `${value} at ${path} of the payload for ${show(name)}`,
      expected: "plain JSON: objects, arrays, text, flags, null and finite numbers",
      remedy: "Convert the value before publishing (Array.from for typed arrays).",
      cause,
    });
  const check = (value: unknown, path: string): void => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return;
    if (typeof value === "number" && Number.isFinite(value)) return;
    if (Array.isArray(value)) {
      value.forEach((v, i) => {
        check(v, `${path}[${i}]`);
      });
      return;
    }
    if (typeof value === "object" && !ArrayBuffer.isView(value)) {
      const json = (value as { toJSON?: unknown }).toJSON;
      if (typeof json === "function") return;
      if (value instanceof Map || value instanceof Set) throw refuse(path, `a ${value.constructor.name}`);
      for (const [key, v] of Object.entries(value)) if (v !== undefined) check(v, `${path}.${key}`);
      return;
    }
    throw refuse(path, ArrayBuffer.isView(value) ? "a typed array" : show(value));
  };
  try {
    check(payload, "$");
    return JSON.stringify(payload);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ARTIFACT_INVALID") throw error;
    throw refuse("$", messageOf(error), error);
  }
}

/**
 * Turns a payload into what is stored. It is copied at once; then others get their turn before it is digested,
 * for payloads of many megabytes would hold the event loop up.
 * @throws LearningError ARTIFACT_INVALID as {@link plainText}
 */
export async function sealPayload(name: string, payload: unknown): Promise<SealedPayload> {
  const content = plainText(name, payload);
  await setImmediate();
  const hash = digest(content);
  await setImmediate();
  return { blob: blobName(name, hash), digest: hash, content };
}

/**
 * Reads a payload back and checks that it is what was published, in several turns of the event loop.
 * @throws LearningError ARTIFACT_INVALID when it is missing or was changed
 */
export async function openPayload(
  blobs: BlobStore,
  name: string,
  version: string,
  expectedDigest: string,
): Promise<unknown> {
  const content = await blobs.read(blobName(name, expectedDigest));
  await setImmediate();
  if (content !== undefined && digest(content) === expectedDigest) {
    await setImmediate();
    const payload = JSON.parse(content) as unknown;
    await setImmediate();
    return payload;
  }
  throw new LearningError("ARTIFACT_INVALID", {
    received: content === undefined ? "no payload" : "a payload that was changed or cut",
    expected: `the payload of ${name} ${version} with digest ${expectedDigest}`,
    remedy: "Restore the artifact from a backup, or roll back to another version.",
  });
}

/** Where the payload of a name with this digest is stored. */
export function blobName(name: string, hash: string): string {
  return `${name}/${hash}`;
}
