import { messageOf } from "../../core/index.js";
import { type ServablePolicy, type ServedArtifact, type ServedVersion, servable } from "./judged-rows.js";

/** What became of restoring a version: all of it, or why it cannot be read; nothing where there is none. */
export type Restored =
  | { version: ServedArtifact; serving: ServablePolicy; unreadable?: undefined }
  | { version?: undefined; serving?: undefined; unreadable?: string };

/**
 * Restores a published version. One that cannot be read (its payload is gone or damaged, or of a release whose
 * snapshots are refused) does not serve, so it is nothing to go on from and nothing to be measured by.
 */
export function restored(version: ServedVersion | undefined): Restored {
  if (!version) return {};
  const { artifact, failure = "no payload" } = version;
  if (!artifact) return { unreadable: failure };
  try {
    return { version: { ...version, artifact }, serving: servable(artifact) };
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}
