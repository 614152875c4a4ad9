import type { GateState } from "../evaluation/point/gate-state.js";
import type { DocumentStore, LearningStore } from "../store/index.js";
import { withMarks, withMarksApart } from "../store/marks.js";
import { gateKey } from "./beside.js";

const marksKey = (decisionPoint: string) => `gate-marks/${decisionPoint}`;

/** What a point's gate remembers. */
export async function gateStateOf(store: LearningStore, decisionPoint: string): Promise<GateState | undefined> {
  const state = await store.documents.get<GateState>(gateKey(decisionPoint));
  if (!state?.watch) return state;
  return { ...state, watch: await withMarks(store, marksKey(decisionPoint), state.watch) };
}

/**
 * Keeps what a point's gate remembers.
 * @param documents written only while this learner holds the work
 */
export async function keepGateState(
  store: LearningStore,
  documents: Pick<DocumentStore, "put">,
  decisionPoint: string,
  state: GateState,
): Promise<void> {
  const watch = state.watch && (await withMarksApart(store, marksKey(decisionPoint), state.watch));
  await documents.put(gateKey(decisionPoint), watch ? { ...state, watch } : state);
}
