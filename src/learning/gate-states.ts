import type { GateState } from "../evaluation/point/gate-state.js";
import type { DocumentStore, LearningStore } from "../store/index.js";
import { withMarks, withMarksApart } from "../store/marks.js";
import { gateKey } from "./beside.js";

const marksKey = (decisionPoint: string) => `gate-marks/${decisionPoint}`;
const trialMarksKey = (decisionPoint: string) => `trial-marks/${decisionPoint}`;

/** What a point's gate remembers. */
export async function gateStateOf(store: LearningStore, decisionPoint: string): Promise<GateState | undefined> {
  const state = await store.documents.get<GateState>(gateKey(decisionPoint));
  if (!state) return undefined;
  const { watch, trial, ...rest } = state;
  return {
    ...rest,
    ...(watch && { watch: await withMarks(store, marksKey(decisionPoint), watch) }),
    ...(trial && { trial: await withMarks(store, trialMarksKey(decisionPoint), trial) }),
  };
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
  const trial = state.trial && (await withMarksApart(store, trialMarksKey(decisionPoint), state.trial));
  await documents.put(gateKey(decisionPoint), { ...state, ...(watch && { watch }), ...(trial && { trial }) });
}
