import { checkArgument } from "../core/arguments.js";
import {
  type Clock,
  defaultLogger,
  harmlessLogger,
  LearningError,
  type Logger,
  messageOf,
  objectArgument,
  show,
  textArgument,
} from "../core/index.js";
import type { BlobStore, DocumentStore, Lease } from "../store/learning-store.js";
import { isArtifactName } from "./artifact-name.js";
import { blobName, openPayload, plainText, sealPayload } from "./payload.js";
import type { ArtifactLineage, ArtifactVersion, Registry, RegistryEvent, TrialTerms } from "./registry.js";
import {
  checkDocument,
  corruptDocument,
  DOCUMENT_PREFIX,
  discardVersions,
  emptyDocument,
  isRevision,
  nextVersion,
  parseDocument,
  type RegistryDocument,
  recordEvent,
  revisionOf,
  type StoredVersion,
  servingVersion,
  timeAfter,
} from "./registry-document.js";

/** What {@link openRegistry} needs: the document and blob parts of a LearningStore, and the time. */
export interface RegistryOptions {
  documents: DocumentStore;
  blobs: BlobStore;
  clock: Clock;
  logger?: Logger;
}

type Listener = (champion: ArtifactVersion | undefined, event: RegistryEvent) => void;

/**
 * Opens the registry that a store holds. Every change is on disk before it serves, and is found
 * again when the registry is reopened. A damaged document does not stop the others: its name has no
 * champion (so the fallback serves), a warning is logged, and every call that needs it fails with
 * STORE_CORRUPT without overwriting it.
 *
 * While a name is pinned, `promote` and `rollback` fail with ARTIFACT_PINNED; after `unpin` the
 * version serves that was promoted last before the pin.
 * @throws LearningError ARTIFACT_UNKNOWN, ARTIFACT_INVALID, ARTIFACT_PINNED, STORE_CORRUPT
 * @example
 * ```ts
 * const registry = await openRegistry({ documents: store.documents, blobs: store.blobs, clock: systemClock });
 * const { version } = await registry.publish("policy/triage", "routing-policy", artifact, { rows: 500 });
 * await registry.promote("policy/triage", version, "alice: looks good");
 * ```
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  checkArgument(
    options,
    "options",
    { documents: { get: "function", keys: "function" }, blobs: "object", clock: { now: "function" } },
    "CONFIG_INVALID",
  );
  const { documents, blobs, clock } = options;
  const logger = options.logger ? harmlessLogger(options.logger) : defaultLogger();
  const known = new Map<string, RegistryDocument>();
  const damaged = new Map<string, LearningError>();
  const listeners = new Map<string, Set<Listener>>();

  const documentOf = (name: string): RegistryDocument => {
    const failure = damaged.get(name);
    if (failure) throw failure;
    const document = known.get(name);
    if (document) return document;
    throw new LearningError("ARTIFACT_UNKNOWN", {
      received: `the artifact name ${show(name)}`,
      expected: known.size ? `one of ${[...known.keys()].sort().join(", ")}` : "a name something was published under",
      remedy: "Publish an artifact under this name first, or correct the name.",
    });
  };
  const versionOf = (document: RegistryDocument, version: string): StoredVersion => {
    const found = document.versions.find((v) => v.version === version);
    if (found) return found;
    throw new LearningError("ARTIFACT_UNKNOWN", {
      received: `version ${show(version)} of ${document.name}`,
      expected: document.versions.length
        ? `${document.versions[0]?.version} to ${document.versions.at(-1)?.version}`
        : "a version, but none was published",
      remedy: "List the versions with registry.versions(name); old ones are discarded.",
    });
  };

  /** The time of a change. */
  const changedAt = (document: RegistryDocument) => timeAfter([document, ...known.values()], clock.now());

  /** Writes one change and its event, then lets it serve and tells the listeners. */
  const changeUnder = async (
    lease: Lease | undefined,
    name: string,
    apply: (document: RegistryDocument) => Omit<RegistryEvent, "at" | "name">,
  ): Promise<RegistryDocument> => {
    const failure = damaged.get(name);
    if (failure) throw failure;
    const updated = await documents.update<RegistryDocument>(
      DOCUMENT_PREFIX + name,
      (stored) => {
        const document = stored === undefined ? emptyDocument(name) : parseDocument(name, structuredClone(stored));
        const at = changedAt(document);
        recordEvent(document, { at, name, ...apply(document) });
        return checkDocument(document);
      },
      lease && { lease },
    );
    accept(name, updated);
    return updated;
  };
  /** Takes over a document as it is stored now, and tells of what changed since the one known. */
  const accept = (name: string, document: RegistryDocument) => {
    const before = known.get(name);
    const fresh = revisionOf(document) - (before ? revisionOf(before) : 0);
    if (before && fresh <= 0) return;
    known.set(name, document);
    for (const event of document.events.slice(-fresh))
      if (event.action !== "publish") notify(name, publicVersion(servingVersion(document)), event);
  };
  const refresh = async () => {
    for (const key of await documents.keys(DOCUMENT_PREFIX)) {
      const name = key.slice(DOCUMENT_PREFIX.length);
      try {
        const stored = await documents.get(key);
        const before = known.get(name);
        // Most look when nothing has changed; a history is not checked anew for that.
        if (before && isRevision(stored, revisionOf(before))) continue;
        accept(name, parseDocument(name, stored));
        damaged.delete(name);
      } catch (error) {
        // What is known goes on serving; what could never be read leaves its fallback.
        if (known.has(name)) continue;
        const coded = (error as { code?: unknown }).code === "STORE_CORRUPT";
        const failure = coded ? (error as LearningError) : corruptDocument(name, "unreadable", error);
        if (!damaged.has(name))
          logger.warn("a registry document cannot be read; its fallback serves", { name, error: failure.message });
        damaged.set(name, failure);
      }
    }
  };
  const notify = (name: string, champion: ArtifactVersion | undefined, event: RegistryEvent) => {
    for (const listener of [...(listeners.get(name) ?? [])]) {
      try {
        listener(champion, event);
      } catch (error) {
        logger.error("a registry listener failed", { name, error: messageOf(error) });
      }
    }
  };

  const registryUnder = (lease?: Lease): Registry => {
    const change = (name: string, apply: Parameters<typeof changeUnder>[2]) => changeUnder(lease, name, apply);
    return {
      refresh,
      under: registryUnder,
      async publish(name, kind, payload, lineage, keep) {
        checkName(name);
        textArgument(kind, "the artifact's kind", "ARTIFACT_INVALID");
        objectArgument(payload, "the artifact", "ARTIFACT_INVALID");
        objectArgument(lineage, "the lineage", "ARTIFACT_INVALID");
        const plainLineage = JSON.parse(plainText(name, lineage)) as ArtifactLineage;
        const sealed = await sealPayload(name, payload);
        await blobs.write(sealed.blob, sealed.content);
        let discarded: string[] = [];
        const document = await change(name, (d) => {
          const version = nextVersion(d);
          const createdAt = changedAt(d);
          d.versions.push({ name, version, kind, createdAt, lineage: plainLineage, digest: sealed.digest });
          if (keep) discarded = discardVersions(d, keep);
          const rows = `${plainLineage.rows} rows`;
          return {
            action: "publish",
            version,
            reason: plainLineage.parent ? `${rows}, after ${plainLineage.parent}` : rows,
          };
        });
        for (const hash of discarded) await blobs.delete(blobName(name, hash));
        return publicVersion(document.versions.at(-1)) as ArtifactVersion;
      },
      async promote(name, version, reason) {
        versionOf(documentOf(name), version);
        await change(name, (d) => {
          refusePinned(d, "promote");
          versionOf(d, version);
          if (d.serving.at(-1) !== version) d.serving.push(version);
          if (d.trial?.version === version) delete d.trial;
          if (d.barred?.includes(version)) d.barred = d.barred.filter((v) => v !== version);
          return { action: "promote", version, reason };
        });
      },
      async rollback(name, reason, options = {}) {
        const { to, bar = false } = objectArgument(options, "the options of a roll-back", "ARTIFACT_INVALID");
        if (to !== undefined) versionOf(documentOf(name), to);
        else documentOf(name);
        await change(name, (d) => {
          refusePinned(d, "rollback");
          const fallen = d.serving.pop();
          if (to !== undefined)
            d.serving = d.serving.includes(to) ? d.serving.slice(0, d.serving.lastIndexOf(to) + 1) : [to];
          if (bar && fallen !== undefined) d.barred = [...new Set([...(d.barred ?? []), fallen])];
          delete d.trial;
          return { action: "rollback", version: d.serving.at(-1), reason };
        });
      },
      async pin(name, version, reason) {
        if (version !== undefined) versionOf(documentOf(name), version);
        else checkName(name);
        await change(name, (d) => {
          d.pinned = version === undefined ? {} : { version };
          return { action: "pin", version, reason };
        });
      },
      async unpin(name) {
        documentOf(name);
        await change(name, (d) => {
          delete d.pinned;
          return { action: "unpin", version: servingVersion(d)?.version, reason: "unpinned" };
        });
      },
      async forget(name, reason) {
        documentOf(name);
        let gone: string[] = [];
        await change(name, (d) => {
          gone = [...new Set(d.versions.map((v) => v.digest))];
          const version = d.versions.at(-1)?.version;
          Object.assign(d, { versions: [], serving: [], ...(d.pinned && { pinned: {} }) });
          delete d.trial;
          delete d.barred;
          return { action: "forget", ...(version !== undefined && { version }), reason };
        });
        for (const hash of gone) await blobs.delete(blobName(name, hash));
      },
      async tryOut(name, version, terms, reason) {
        versionOf(documentOf(name), version);
        checkTerms(name, terms);
        await change(name, (d) => {
          refusePinned(d, "trial");
          versionOf(d, version);
          const { share, uniform, unit } = terms;
          d.trial = { version, share, uniform, unit };
          return { action: "trial", version, reason };
        });
      },
      async endTrial(name, reason) {
        if (!documentOf(name).trial) return;
        await change(name, (d) => {
          const version = d.trial?.version;
          delete d.trial;
          return { action: "end-trial", version, reason };
        });
      },
      onTrial(name) {
        const document = known.get(name);
        return document?.trial && !document.pinned ? { ...document.trial } : undefined;
      },
      barred: (name) => [...(known.get(name)?.barred ?? [])],
      champion(name) {
        const document = known.get(name);
        return document && publicVersion(servingVersion(document));
      },
      isPinned: (name) => known.get(name)?.pinned !== undefined,
      async load(name, version) {
        return openPayload(blobs, name, version, versionOf(documentOf(name), version).digest);
      },
      versions: (name) => documentOf(name).versions.map((v) => publicVersion(v) as ArtifactVersion),
      names: () => [...known.keys()].sort(),
      history(name) {
        const from = name === undefined ? [...known.values()] : [documentOf(name)];
        const events = from.flatMap((d) => d.events.map((e) => ({ ...e })));
        // One name's are in the order of changes, whatever the clock said.
        if (name !== undefined) return events;
        return events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
      },
      listen(name, listener) {
        textArgument(name, "name");
        checkArgument(listener, "listener", "function", "CONFIG_INVALID");
        const set = listeners.get(name) ?? new Set();
        listeners.set(name, set.add(listener));
        return () => {
          set.delete(listener);
        };
      },
    };
  };
  await refresh();
  return registryUnder();
}

function publicVersion(stored: StoredVersion | undefined): ArtifactVersion | undefined {
  if (!stored) return undefined;
  const { digest: _internal, ...version } = stored;
  return structuredClone(version);
}

function checkName(name: string): void {
  if (typeof name === "string" && isArtifactName(name)) return;
  throw new LearningError("ARTIFACT_INVALID", {
    received: `the artifact name ${show(name)}`,
    expected: "letters, digits, '.', '_', '-', in parts separated by '/', such as policy/triage",
    remedy: "Choose another name.",
  });
}

function checkTerms(name: string, { share, uniform, unit }: TrialTerms): void {
  const isShare = (v: number) => v >= 0 && v <= 1;
  if (isShare(share) && isShare(uniform) && (unit === "decision" || unit === "run")) return;
  throw new LearningError("ARTIFACT_INVALID", {
    received: `a trial of ${name} with share ${share}, uniform ${uniform} and unit ${unit}`,
    expected: 'share and uniform in [0,1], and the unit "decision" or "run"',
    remedy: "Correct the terms.",
  });
}

function refusePinned(document: RegistryDocument, action: string): void {
  if (!document.pinned) return;
  throw new LearningError("ARTIFACT_PINNED", {
    received: `${action} of ${document.name}, which is pinned to ${document.pinned.version ?? "the fallback"}`,
    expected: "a name that is not pinned",
    remedy: "Call unpin first; a pin holds against every other change.",
  });
}
