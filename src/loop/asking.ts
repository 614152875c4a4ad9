import type { LearningStore } from "../store/index.js";

/** While a version is on trial, runs on whose decisions it differs are asked about with this probability at least. */
const LEAST_ON_TRIAL = 0.25;

/**
 * The least probability of asking about a run: its evidence is bounded by how rarely it might have been asked.
 * @returns undefined where nothing contested was decided in it
 */
export async function leastAsked(store: Pick<LearningStore, "read">, workflowId: string): Promise<number | undefined> {
  for await (const { facts } of store.read("decision", { workflowId }))
    if (facts.some(({ trial }) => trial !== undefined && trial.challenger !== trial.serving)) return LEAST_ON_TRIAL;
  return undefined;
}
