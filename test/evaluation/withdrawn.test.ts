import { describe, expect, it } from "vitest";
import { type DecisionRow, fitEncoder } from "../../src/dataset/index.js";
import { gateSettingsSchema } from "../../src/evaluation/gate-settings.js";
import type { TrainedChallenger } from "../../src/evaluation/point/challenger.js";
import type { ChampionWatch, GateState } from "../../src/evaluation/point/gate-state.js";
import { type ServedArtifact, servable } from "../../src/evaluation/point/judged-rows.js";
import { roomToReturn } from "../../src/evaluation/point/return-to.js";
import { lookAtTrial } from "../../src/evaluation/point/trial-stage.js";
import { openWatch } from "../../src/evaluation/point/watch.js";
import { openCapital, openTrial } from "../../src/evaluation/trial/index.js";
import { createPolicy } from "../../src/policies/index.js";
import { judgeRouting, type RoutingJudgement } from "../../src/worker/jobs/judge-routing.js";
import { aRow, minute } from "../support/rows.js";

const OFFERED = ["a", "b", "c"];

function artifact() {
  const encoder = fitEncoder([{ topic: "x" }, { topic: "y" }]);
  const policy = createPolicy({ kind: "epsilon-greedy", epsilon: 0, dim: encoder.dim });
  const context = encoder.encode({ topic: "x" });
  policy.learn(OFFERED.map((_, chosen) => ({ context, candidates: OFFERED, chosen, reward: [1, 0, 0.5][chosen] })));
  return { decisionPoint: "p", encoder: encoder.snapshot(), policy: policy.snapshot(), candidates: OFFERED };
}

/** The champion chose a, of which all the gain came, where the fallback would have said b. */
function row(n: number, change: Partial<DecisionRow> = {}): DecisionRow {
  return aRow(n, {
    candidates: OFFERED,
    propensity: 0.85,
    probabilities: [0.85, 0.1, 0.05],
    control: 0.1,
    policyVersion: "v1",
    reward: 1,
    ratedAt: minute(n),
    ...change,
  });
}

const served: ServedArtifact = {
  version: "v1",
  artifact: artifact(),
  dataTo: minute(0),
  publishedAt: minute(0),
  since: minute(0),
};
const continued: TrainedChallenger = {
  kind: "refresh",
  artifact: artifact(),
  rows: 60,
  dataFrom: minute(0),
  dataTo: minute(60),
  fingerprint: "f",
};
const watch: ChampionWatch = {
  version: "v1",
  versions: ["v1"],
  anchor: "v1",
  anchorLowerBound: 0.6,
  lowerBound: 0.6,
  offered: OFFERED,
  ...openWatch("", 0.05),
};
const before = Array.from({ length: 400 }, (_, n) => row(n));
/** After a is gone what serves chooses c. */
const after = Array.from({ length: 20 }, (_, n) =>
  row(500 + n, { candidates: ["b", "c"], chosen: "c", propensity: 0.9, probabilities: [0.1, 0.9], reward: 0 }),
);

function judge(rows: DecisionRow[], destinations: string[], state: GateState): RoutingJudgement {
  const shared = new Map([["rows", { revision: 0, options: '{"reward":{}}', rows: new Map([["p", rows]]) }]]);
  const context = { state: { revision: 0, shared }, progress: () => {}, cancelled: () => false } as never;
  const input = { decisionPoint: "p", rows: { reward: {} }, exploration: 0.05, champion: served };
  const gate = gateSettingsSchema.parse({});
  const asked = { ...input, challengers: [continued], gate, destinations, state, now: minute(1000) };
  return judgeRouting.run(asked, context) as RoutingJudgement;
}

describe("a champion whose destination is offered no longer", () => {
  const state: GateState = { schemaVersion: 1, watch, fullFit: { dataTo: minute(1), at: minute(1), held: 0 } as never };

  it("goes on learning while all that its gain came of is there", () => {
    const { recommended, reason, status } = judge(before, OFFERED, state);
    expect(recommended).toBe("promote");
    expect(reason).toMatch(/^goes on learning: .* of the proven gain over the fallback, 0.600/);
    expect(status.improvement?.decisions).toBe(400);
  });

  it("keeps nothing of the gain that came of it, and is measured without it", () => {
    const first = judge([...before, ...after], ["b", "c"], judge(before, OFFERED, state).state);
    expect(first.recommended).toBe("none");
    expect(first.reason).toBe(
      "not continued: its gain came of a, offered no longer, so nothing is proven of what remains",
    );
    expect(first.state.watch).toMatchObject({ anchorLowerBound: 0, lowerBound: 0, withdrawn: ["a"] });
    expect(first.state.fullFit).toBeUndefined();
    expect(first.status.improvement?.decisions).toBe(20);
    const second = judge([...before, ...after, row(600, after[0])], ["b", "c"], first.state);
    expect([second.reason, second.state.watch?.withdrawn]).toEqual([first.reason, ["a"]]);
  });

  it("is told of in a state of an earlier release too, by what the version was trained on", () => {
    const { offered: _, ...old } = watch;
    expect(judge(before, ["b", "c"], { ...state, watch: old }).reason).toMatch(/its gain came of a/);
  });

  it("keeps its proof where the destination was only explored", () => {
    expect(judge(before, ["a", "b"], state).reason).toMatch(/proven gain over the fallback, 0.600/);
  });
});

it("a roll-back returns to no version for what a destination that is gone earned", () => {
  const even = { probabilities: [0.5, 0.5, 0], propensity: 0.5, ratedBy: "measured" as const };
  const late = Array.from({ length: 200 }, (_, n) => {
    const chosen = n % 2 ? "a" : "b";
    return row(n, { ...even, chosen, reward: Number(chosen === "a") });
  });
  expect(roomToReturn(late, minute(0), [{ ...served, version: "v0" }])).toBe("v0");
  expect(roomToReturn(late, minute(0), [{ ...served, version: "v0" }], "run", ["b", "c"])).toBeUndefined();
});

it("a trial stops where what one of its arms chose is offered no longer", () => {
  const trial = openTrial({
    version: "v2",
    startedAt: minute(0),
    stake: 0.1,
    unit: "decision",
    minimumEffect: 0,
    windowMs: 60_000,
    clusterWindowMs: 0,
    contested: 1,
    budget: 1000,
    mostWeight: 1,
  });
  const state = { schemaVersion: 1 as const, trial, capital: openCapital(0.05), rewardKey: "r", offered: OFFERED };
  const tried = { version: "v2", serving: "b", challenger: "a", share: 0.5, arm: "challenger" } as const;
  const rows = before.slice(0, 20).map((r) => ({ ...r, trial: tried })) as DecisionRow[];
  const gate = gateSettingsSchema.parse({});
  const look = (destinations: string[]) =>
    lookAtTrial(
      { rows, exploration: 0.1, gate, rewardKey: "r", now: minute(900), destinations },
      servable(artifact()),
      state,
    ).verdict;
  expect(look(["b", "c"])).toMatchObject({
    action: "stop",
    reason: expect.stringMatching(/^stopped, a is offered no/),
  });
  expect(look(["a", "b"]).reason).not.toMatch(/offered no longer/);
});
