import { digest } from "../core/index.js";
import { LargeDocument } from "./large-document.js";
import type { LearningStore } from "./learning-store.js";

/** Marks of what a monitor has seen that are longer than this stand beside its state. */
const LEAST_APART = 8_192;

/** As it is stored: the marks themselves, or the digest of those that stand beside. */
type Stored<W> = W & { seenDigest?: string };

/** The watch as a document holds it, its marks beside it where they are many. */
export async function withMarksApart<W extends { seen?: string }>(
  store: Pick<LearningStore, "documents" | "blobs">,
  key: string,
  watch: W,
): Promise<W> {
  const { seen = "" } = watch;
  if (seen.length <= LEAST_APART) return watch;
  await new LargeDocument<string>(store, key).put(seen);
  const stored: Stored<W> = { ...watch, seenDigest: digest(seen) };
  delete stored.seen;
  return stored;
}

/**
 * The watch with its marks. Without them where those beside it are of another state (a process ended between the two):
 * such a monitor begins anew, and a trial goes on without them.
 */
export async function withMarks<W extends { seen?: string }>(
  store: Pick<LearningStore, "documents" | "blobs">,
  key: string,
  stored: Stored<W>,
): Promise<W> {
  const { seenDigest, ...watch } = stored;
  if (seenDigest === undefined) return stored;
  const seen = await new LargeDocument<string>(store, key).get();
  const isOwn = seen !== undefined && digest(seen) === seenDigest;
  return { ...(watch as unknown as W), ...(isOwn && { seen }) };
}
