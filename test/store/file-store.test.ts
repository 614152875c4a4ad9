import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileStore } from "../../src/store/index.js";
import { storeContract } from "./contract.js";

storeContract("file store", async (clock) => {
  const root = await mkdtemp(join(tmpdir(), "store-"));
  return openFileStore({ traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m"), clock });
});

storeContract("file store of small segments", async (clock) => {
  const root = await mkdtemp(join(tmpdir(), "store-"));
  const folders = { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
  return openFileStore({ ...folders, clock, segmentBytes: 1024 });
});
