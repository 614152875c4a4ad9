import { LearningError, show } from "../core/index.js";
import type { LearningStore } from "../store/index.js";

/**
 * Opens a store by its address: `postgres://user:password@host/database`, with `?schema=NAME` for another schema. Files need none; give their folder as
 * `storagePath`.
 * @throws CONFIG_INVALID for another kind of address; what `openPostgresStore` throws
 */
export async function openStoreAt(address: string): Promise<LearningStore> {
  if (!/^postgres(ql)?:\/\//i.test(address))
    throw new LearningError("CONFIG_INVALID", {
      received: `the store ${show(address.replace(/\/\/[^@/]*@/, "//…@"))}`,
      expected: "an address such as postgres://user:password@host/database",
      remedy: "Give files by their folder instead (storagePath, --dir).",
    });
  const { openPostgresStore } = await import("../store/postgres/index.js");
  const [, before, schema, after] = /^([^?]*\?(?:.*&)?)schema=([^&]*)&?(.*)$/.exec(address) ?? [];
  return openPostgresStore(
    schema === undefined ? { connectionString: address } : { connectionString: `${before}${after}`, schema },
  );
}
