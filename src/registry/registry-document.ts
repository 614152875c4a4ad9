import { z } from "zod";
import { expectationOf } from "../core/expectation.js";
import { isoTime, LearningError, messageOf, show } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import { blobName } from "./payload.js";
import type { KeepVersions } from "./registry.js";

const lineageSchema = z.object({
  parent: z.string().optional(),
  dataFrom: z.string().optional(),
  dataTo: z.string().optional(),
  rows: z.number().int().nonnegative(),
  encoderVersion: z.string().optional(),
  seed: z.number().optional(),
  estimates: z.record(z.string(), z.unknown()).optional(),
});

const versionSchema = z.object({
  name: z.string(),
  version: z.string(),
  kind: z.string(),
  createdAt: z.string(),
  lineage: lineageSchema,
  /** Digest of the payload's JSON text; also the last part of the blob's name. */
  digest: z.string(),
});

const eventSchema = z.object({
  at: z.string(),
  name: z.string(),
  action: z.enum(["publish", "promote", "rollback", "pin", "unpin", "forget", "trial", "end-trial"]),
  version: z.string().optional(),
  reason: z.string(),
});

/** All the registry knows about one name: what was published, what happened, what serves. */
const documentSchema = z
  .object({
    schemaVersion: z.literal(1),
    name: z.string(),
    versions: z.array(versionSchema),
    events: z.array(eventSchema),
    /** How many older events were let go. */
    eventsDropped: z.number().int().nonnegative().optional(),
    /** The promoted versions that a roll-back returns to, the serving one last. */
    serving: z.array(z.string()),
    /** The version on trial. */
    trial: z
      .object({
        version: z.string(),
        share: z.number().min(0).max(1),
        uniform: z.number().min(0).max(1),
        unit: z.enum(["decision", "run"]),
      })
      .optional(),
    /** Versions that fell and may come back by hand only. */
    barred: z.array(z.string()).optional(),
    /** Held version, or `{}` when the fallback is held. */
    pinned: z.object({ version: z.string().optional() }).optional(),
  })
  .refine(
    (d) =>
      [...d.serving, ...(d.pinned?.version ? [d.pinned.version] : []), ...(d.trial ? [d.trial.version] : [])].every(
        (v) => hasVersion(d, v),
      ),
    {
      message: "a serving, tried or pinned version is not among the published ones",
    },
  );

export type RegistryDocument = z.infer<typeof documentSchema>;
export type StoredVersion = z.infer<typeof versionSchema>;

/** Events kept per name; beyond, the oldest go. */
const KEPT_EVENTS = 500;

/** Key prefix of the registry's documents in the document store. */
export const DOCUMENT_PREFIX = "registry/";

/** The document of a name nothing was published under yet. */
export function emptyDocument(name: string): RegistryDocument {
  return { schemaVersion: 1, name, versions: [], events: [], serving: [] };
}

/** Grows by one with every change, whoever makes it. */
export function revisionOf(document: RegistryDocument): number {
  return (document.eventsDropped ?? 0) + document.events.length;
}

/** Whether a stored value says of itself that it is of a revision. */
export function isRevision(stored: unknown, revision: number): boolean {
  if (!isRecord(stored) || !Array.isArray(stored.events)) return false;
  const { events, eventsDropped = 0 } = stored;
  return typeof eventsDropped === "number" && eventsDropped + events.length === revision;
}

/**
 * The document, where it can be read again: what comes from outside is checked before it is written.
 * @throws ARTIFACT_INVALID
 */
export function checkDocument(document: RegistryDocument): RegistryDocument {
  const issue = documentSchema.safeParse(document).error?.issues[0];
  if (!issue) return document;
  const path = issue.path.map(String);
  const value = path.reduce<unknown>((v, key) => (v as Record<string, unknown> | undefined)?.[key], document);
  throw new LearningError("ARTIFACT_INVALID", {
    received: `${path.filter((key) => !/^(versions|events|\d+)$/.test(key)).join(".")} = ${show(value)} for ${document.name}`,
    expected: expectationOf(issue),
    remedy: "Correct the argument; nothing was changed.",
  });
}

/** Adds an event to the history. */
export function recordEvent(document: RegistryDocument, event: z.infer<typeof eventSchema>): void {
  document.events.push(event);
  const surplus = document.events.length - KEPT_EVENTS;
  if (surplus <= 0) return;
  document.events.splice(0, surplus);
  document.eventsDropped = (document.eventsDropped ?? 0) + surplus;
}

/** So far a clock is set back (an hour of summer time, and what came since); what is further ahead came from one that was wrong. */
const MOST_SET_BACK_MS = 7_200_000;

/**
 * The time of a change at `now`, never before the last one of any name: where the clock was set back by an hour, what
 * happened first would else count as the last change.
 */
export function timeAfter(documents: readonly RegistryDocument[], now: number): string {
  let latest = now;
  for (const { events } of documents) {
    const last = Date.parse(events.at(-1)?.at ?? "");
    if (last > latest && last <= now + MOST_SET_BACK_MS) latest = last + 1;
  }
  return isoTime(latest);
}

/** The name of the version that is published next; numbers are never used twice. */
export function nextVersion({ versions, events }: RegistryDocument): string {
  // Versions that were forgotten are told by their events: what was decided by them must not be taken for a new one's.
  const numbers = [...versions, ...events].map(({ version }) => Number(version?.slice(1) ?? 0));
  return `v${Math.max(0, ...numbers) + 1}`;
}

/**
 * Lets go of all versions but the newest, what serves or is pinned, and those named.
 * @returns digests of payloads that no version needs any more
 */
export function discardVersions(document: RegistryDocument, keep: KeepVersions): string[] {
  const kept = new Set([
    ...document.versions.slice(-keep.newest).map((v) => v.version),
    document.serving.at(-1),
    document.pinned?.version,
    document.trial?.version,
    ...(keep.also ?? []),
  ]);
  const gone = document.versions.filter((v) => !kept.has(v.version));
  document.versions = document.versions.filter((v) => kept.has(v.version));
  document.serving = document.serving.filter((v) => kept.has(v));
  if (document.barred) document.barred = document.barred.filter((v) => kept.has(v));
  const needed = new Set(document.versions.map((v) => v.digest));
  return [...new Set(gone.map((v) => v.digest))].filter((hash) => !needed.has(hash));
}

/** The version that serves: the pinned one, or the last promoted one, or none. */
export function servingVersion(document: RegistryDocument): StoredVersion | undefined {
  const version = document.pinned ? document.pinned.version : document.serving.at(-1);
  return document.versions.find((v) => v.version === version);
}

/**
 * Reads what the document store holds under a name.
 * @throws LearningError STORE_CORRUPT when it is not a registry document of that name
 */
export function parseDocument(name: string, stored: unknown): RegistryDocument {
  const parsed = documentSchema.safeParse(stored);
  if (parsed.success && parsed.data.name === name) return parsed.data;
  throw corruptDocument(name, show(stored), parsed.success ? undefined : parsed.error);
}

/** The error for a registry document that cannot be read. */
export function corruptDocument(name: string, received: string, cause: unknown): LearningError {
  return new LearningError("STORE_CORRUPT", {
    received: `the registry document of ${show(name)}: ${cause ? messageOf(cause).slice(0, 300) : received}`,
    expected: "the versions, events and serving state as the registry wrote them",
    remedy:
      "The fallback serves under this name and nothing is overwritten. Restore the document from a backup, or delete it to begin anew.",
    cause,
  });
}

function hasVersion(document: { versions: { version: string }[] }, version: string): boolean {
  return document.versions.some((v) => v.version === version);
}

/**
 * Names of the blobs that a stored document refers to; none where it cannot be read.
 * @example
 * ```ts
 * for (const key of await store.documents.keys("registry/"))
 *   console.log(key, blobNamesIn(await store.documents.get(key)));
 * ```
 */
export function blobNamesIn(stored: unknown): string[] {
  const parsed = documentSchema.safeParse(stored);
  if (!parsed.success) return [];
  const { name, versions } = parsed.data;
  return [...new Set(versions.map((version) => blobName(name, version.digest)))];
}
