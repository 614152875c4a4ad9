/**
 * The local web page over a loop: see it learn, and steer it.
 * @module
 */

export { createDashboard, type Dashboard, type DashboardOptions } from "./create-dashboard.js";
export { examine, type Finding } from "./data/doctor.js";
export type { PatternsView } from "./data/patterns.js";
export { patternsOf } from "./data/patterns.js";
export type { ArtifactView, PolicyView } from "./data/policies.js";
export { artifactOf, askPolicy, policiesOf, steer } from "./data/policies.js";
export { type RunView, runOf } from "./data/run.js";
export type { RunCursor, RunFilter } from "./data/run-query.js";
export type { ListOptions, RunPage, RunRow } from "./data/run-row.js";
export { listRuns } from "./data/runs.js";
export type { Person, Right, Source } from "./data/source.js";
export type { AccessOptions } from "./web/access.js";
export { isLoopback } from "./web/access.js";
