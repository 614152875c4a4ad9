import { createMemoryStore } from "langgraph-collective-learning/store";
import { expect, it } from "vitest";
import { openMonitor, openTrial } from "../../src/evaluation/index.js";
import type { GateState } from "../../src/evaluation/point/gate-state.js";
import { gateStateOf, keepGateState } from "../../src/learning/gate-states.js";

const marks = (count: number) => Array.from({ length: count }, (_, i) => `mark${String(i).padStart(4, "0")}`).join("");

it("a gate's state is what it was, however many decisions its monitor and people its trial have seen", async () => {
  const store = createMemoryStore();
  const stateOf = (decisions: number): GateState => ({
    schemaVersion: 1,
    watch: {
      version: "v2",
      versions: ["v1", "v2"],
      since: "2026-01-01T00:00:00.000Z",
      anchor: "v1",
      anchorLowerBound: 0.02,
      lowerBound: 0.01,
      seen: marks(decisions),
      monitor: openMonitor(),
    },
    trial: {
      ...openTrial({ version: "v3", startedAt: "2026-01-01T00:00:00.000Z", stake: 0.5, unit: "decision" }),
      ...(decisions > 0 && { seen: marks(decisions + 1) }),
    },
  });
  for (const decisions of [0, 10, 5000, 5001]) {
    await keepGateState(store, store.documents, "triage", stateOf(decisions));
    expect(await gateStateOf(store, "triage")).toEqual(stateOf(decisions));
    expect(JSON.stringify(await store.documents.get("gate/triage")).length).toBeLessThan(4000);
  }
  const { watch: _, trial: __, ...without } = stateOf(0);
  await keepGateState(store, store.documents, "triage", without);
  expect(await gateStateOf(store, "triage")).toEqual(without);
});
