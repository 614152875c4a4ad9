/**
 * What every LearningStore must do, as test cases for any test runner.
 * @module
 */
import type { StoreCase, StoreFactory } from "./case.js";
import { documentCases, sharedDocumentCases } from "./documents.js";
import { factCases, sharedFactCases } from "./facts.js";
import { leaseCases, sharedLeaseCases } from "./leases.js";
import { upkeepCases } from "./upkeep.js";

export { ManualClock } from "../../core/index.js";
export type { StoreCase, StoreFactory } from "./case.js";

/**
 * The suite for one store. Each case opens stores of its own and closes them.
 * @param factory how stores are opened; without `again` the cases of several processes are left out
 * @example
 * ```ts
 * import { it } from "vitest";
 *
 * const factory: StoreFactory = { open: async (clock) => createMemoryStore({ clock }) };
 * for (const { name, run } of storeContract(factory)) it(name, () => run(factory));
 * ```
 */
export function storeContract(factory: Pick<StoreFactory, "again"> = {}): StoreCase[] {
  const alone = [...factCases, ...documentCases, ...leaseCases, ...upkeepCases];
  return factory.again ? [...alone, ...sharedFactCases, ...sharedDocumentCases, ...sharedLeaseCases] : alone;
}
