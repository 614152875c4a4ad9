import { createMemoryStore } from "langgraph-collective-learning/store";
import { expect, it } from "vitest";
import { openMonitor } from "../../src/evaluation/index.js";
import type { GateState } from "../../src/evaluation/point/gate-state.js";
import { gateStateOf, keepGateState } from "../../src/learning/gate-states.js";

it("a gate's state is what it was, however many decisions its monitor has seen", async () => {
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
      seen: Array.from({ length: decisions }, (_, i) => `mark${String(i).padStart(4, "0")}`).join(""),
      monitor: openMonitor(),
    },
  });
  for (const decisions of [0, 10, 5000, 5001]) {
    await keepGateState(store, store.documents, "triage", stateOf(decisions));
    expect(await gateStateOf(store, "triage")).toEqual(stateOf(decisions));
    expect(JSON.stringify(await store.documents.get("gate/triage")).length).toBeLessThan(2000);
  }
  const { watch: _, ...without } = stateOf(0);
  await keepGateState(store, store.documents, "triage", without);
  expect(await gateStateOf(store, "triage")).toEqual(without);
});
