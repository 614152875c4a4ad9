import { describe, expect, it } from "vitest";
import { allocateSlots } from "../../src/orchestration/health.js";
import { DEFAULT_RULES, initialState, planAction, survey } from "../../src/orchestration/index.js";

const state = () =>
  initialState({
    goal: "an atlas",
    agents: ["steady", "shaky"].map((name) => ({ name, capabilities: ["write"] })),
    territories: ["a", "b", "c"].map((id) => ({ id, title: id })),
    tasks: [{ id: "tale", title: "Tale", capabilities: ["write"] }],
    budget: { steps: 20 },
  });

describe("rules of the orchestrator", () => {
  it.each([1, 2])("scanWidth %i: so many territories are scanned at once", (scanWidth) => {
    const seen = survey(state(), { ...DEFAULT_RULES, scanWidth });
    expect(planAction(seen, "scanTerritories").territories).toHaveLength(scanWidth);
  });

  it("retireBelow: whose measured reliability is lower, retires where another can do the work", () => {
    const measured = state();
    measured.agents = measured.agents.map((a) => ({
      ...a,
      health: { ...a.health, runs: 5, reliability: a.name === "shaky" ? 0.4 : 0.9 },
    }));
    const retired = (retireBelow: number) =>
      allocateSlots(measured, { ...DEFAULT_RULES, retireBelow })
        .agents.filter((a) => a.status === "retired")
        .map((a) => a.name);
    expect(retired(0.4)).toEqual([]);
    expect(retired(0.41)).toEqual(["shaky"]);
  });
});
