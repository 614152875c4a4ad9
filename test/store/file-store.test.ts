import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/core/index.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { tryStore } from "./contract.js";

/** File stores in folders of their own, and others over the same folders. */
function factory(options: { segmentBytes?: number }) {
  const roots = new WeakMap<LearningStore, string>();
  const openAt = async (root: string, clock: Clock) => {
    const folders = { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
    const store = await openFileStore({ ...folders, clock, ...options });
    roots.set(store, root);
    return store;
  };
  return {
    open: async (clock: Clock) => openAt(await mkdtemp(join(tmpdir(), "store-")), clock),
    again: (store: LearningStore, clock: Clock) => openAt(roots.get(store)!, clock),
  };
}

tryStore("file store", factory({}));
tryStore("file store of small segments", factory({ segmentBytes: 1024 }));
