import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "./clock.js";
import { LATE, within } from "./deadline.js";

/** The token that a request gives as `authorization: Bearer TOKEN`. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/** Whether what was given is the secret; how long it takes tells nothing of it. */
export function isSecret(given: string, secret: string): boolean {
  const digestOf = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digestOf(given), digestOf(secret));
}

/** How much of a body is taken, and how long it may take to arrive. */
export interface BodyLimits {
  bytes: number;
  timeoutMs?: number;
  clock: Clock;
}

/** The body of a request within its limits; a larger or slower one is not waited for. */
export async function bodyWithin(
  request: Request,
  { bytes, timeoutMs, clock }: BodyLimits,
): Promise<Buffer | "too large" | "too slow" | "cut off"> {
  if (Number(request.headers.get("content-length") ?? 0) > bytes) return "too large";
  const until = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const next = reader?.read();
    let part: Awaited<typeof next> | typeof LATE;
    try {
      part =
        next && until !== undefined ? await within(next, Math.max(0, until - clock.monotonic()), clock) : await next;
    } catch {
      return "cut off"; // the sender is gone, which is no fault of the host's
    }
    if (part === LATE) {
      reader?.cancel().catch(() => undefined); // whoever sends so slowly is not waited for here either
      return "too slow";
    }
    if (!part || part.done) break;
    size += part.value.byteLength;
    if (size > bytes) {
      await reader?.cancel();
      return "too large";
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks);
}
