import { describe, it } from "vitest";
import { type StoreFactory, storeContract } from "../../src/store/contract/index.js";

/** Runs the published suite on one kind of store. */
export function tryStore(name: string, factory: StoreFactory): void {
  describe(name, () => {
    for (const { name: requirement, run } of storeContract(factory)) it(requirement, () => run(factory));
  });
}
