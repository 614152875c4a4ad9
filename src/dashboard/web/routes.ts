import { decideApproval } from "../data/approvals.js";
import { Refusal, textOf } from "../data/errors.js";
import { graphViewOf } from "../data/graph.js";
import { holdRun } from "../data/holds.js";
import { assignRun, inboxOf, judge, undoJudgement } from "../data/inbox.js";
import { overviewOf } from "../data/overview.js";
import { patternsOf } from "../data/patterns.js";
import { askPolicy, policiesOf, ReportCache, steer } from "../data/policies.js";
import { promptsOf } from "../data/prompts.js";
import { rewardsOf } from "../data/rewards.js";
import { explainOf, runOf } from "../data/run.js";
import { parseCursor, parseFilter } from "../data/run-query.js";
import { listRuns } from "../data/runs.js";
import type { Person, Right, Source } from "../data/source.js";
import { systemOf } from "../data/system.js";

/** What answers a request for data. */
export interface RouteCall {
  source: Source;
  person: Person;
  params: URLSearchParams;
  body: Record<string, unknown>;
}

interface Route {
  /** What the person must be allowed; `read` routes answer GET, all others POST. */
  right: Right;
  run(call: RouteCall): Promise<unknown>;
}

function needed(params: URLSearchParams, name: string): string {
  const value = params.get(name);
  if (!value) throw new Refusal(400, `${name} is missing.`);
  return value;
}

/** Everything under `api/`, by name. */
export function routes(): Record<string, Route> {
  const reports = new ReportCache();
  const read = (run: Route["run"]): Route => ({ right: "read", run });
  return {
    overview: read(({ source }) => overviewOf(source)),
    runs: read(({ source, params }) =>
      listRuns(source, parseFilter(params), { cursor: parseCursor(params.get("cursor")), limit: pageSize(params) }),
    ),
    run: read(({ source, params }) => runOf(source, needed(params, "id"))),
    explain: read(({ source, params }) => explainOf(source, needed(params, "id"), needed(params, "decision"))),
    graph: read(({ source, params }) => graphViewOf(source, parseFilter(params))),
    policies: read(({ source }) => policiesOf(source)),
    report: read(({ source }) => reports.get(source)),
    prompts: read(({ source }) => promptsOf(source)),
    patterns: read(({ source }) => patternsOf(source)),
    rewards: read(({ source }) => rewardsOf(source)),
    inbox: read(({ source, person }) => inboxOf(source, person)),
    system: read(({ source }) => systemOf(source)),
    hold: { right: "judge", run: ({ source, person, body }) => holdRun(source, person, body) },
    assign: { right: "judge", run: ({ source, person, body }) => assignRun(source, person, body) },
    judge: { right: "judge", run: ({ source, person, body }) => judge(source, person, body) },
    undo: { right: "judge", run: ({ source, person, body }) => undoJudgement(source, person, body) },
    steer: { right: "steer", run: ({ source, person, body }) => steer(source, person, body) },
    approve: {
      right: "steer",
      run: ({ source, person, body }) =>
        decideApproval(source, person, {
          name: textOf(body, "name"),
          version: textOf(body, "version"),
          why: textOf(body, "why"),
          agree: body["agree"] === true,
        }),
    },
    // A question changes nothing, but its context does not fit into an address.
    ask: { right: "judge", run: ({ source, body }) => askPolicy(source, body) },
  };
}

function pageSize(params: URLSearchParams): number {
  const given = Number(params.get("limit") ?? 50);
  if (!(Number.isInteger(given) && given >= 1 && given <= 200)) throw new Refusal(400, "limit must be 1 to 200.");
  return given;
}
