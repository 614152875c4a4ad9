/**
 * Logs of other learners in, rows for tuning models out.
 * @module
 */
export { type CsvColumns, readDecisionCsv } from "./csv.js";
export { type DsjsonOptions, readDsjson } from "./dsjson.js";
export { appendLogged, checkPropensities, type LoggedDecision, type LoggedDecisions } from "./logged-decision.js";
export { type DpoPair, dpoPairs, type RunText, type SftRow, sftRows, type TuningOptions } from "./tuning-rows.js";
