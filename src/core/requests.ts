import { createHash, timingSafeEqual } from "node:crypto";

/** The token that a request gives as `authorization: Bearer TOKEN`. */
export function bearerOf(request: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/** Whether what was given is the secret; how long it takes tells nothing of it. */
export function isSecret(given: string, secret: string): boolean {
  const digestOf = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digestOf(given), digestOf(secret));
}

/** The body of a request; undefined where it is larger than `most` bytes, which are not waited for. */
export async function bodyUpTo(request: Request, most: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) break;
    size += part.value.byteLength;
    if (size > most) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks);
}
