import { checkArgument } from "../../core/arguments.js";
import { type DecisionContext, isoTime, LearningError } from "../../core/index.js";
import { checkPropensities, type LoggedDecisions, openReading } from "./logged-decision.js";

/** Which column of a table means what. */
export interface CsvColumns {
  action: string;
  /** Probability with which the action was drawn. */
  probability: string;
  /** In [0,1]; empty where it never came. */
  reward: string;
  /** Columns of the context (default: all others). */
  context?: readonly string[];
  /** ISO 8601 time (default: the row's number, in milliseconds since the epoch). */
  at?: string;
  /** Unique id (default: `row-N`). */
  id?: string;
}

/**
 * Reads a CSV table of logged decisions (RFC 4180, the first row names the columns). The candidates are all actions
 * of the table.
 * @throws INTEGRATION_FAILED when a named column is not there
 * @example
 * ```ts
 * const text = "arm,p,click\na,0.5,1\nb,0.5,0\n";
 * const { decisions, warnings } = readDecisionCsv(text, { action: "arm", probability: "p", reward: "click" });
 * ```
 */
export function readDecisionCsv(text: string, columns: CsvColumns): LoggedDecisions {
  checkArgument(text, "text", "text", "CONFIG_INVALID");
  checkArgument(columns, "columns", { action: "text", probability: "text", reward: "text" }, "CONFIG_INVALID");
  const [head = [], ...rows] = csvRows(text);
  const at = (name: string) => {
    const found = head.indexOf(name);
    if (found >= 0) return found;
    throw new LearningError("INTEGRATION_FAILED", {
      received: `no column ${JSON.stringify(name)} among ${head.join(", ")}`,
      expected: "the names of the table's columns",
      remedy: "Say which column means what.",
    });
  };
  const named = [columns.action, columns.probability, columns.reward, columns.at, columns.id];
  const index = { action: at(columns.action), probability: at(columns.probability), reward: at(columns.reward) };
  const time = columns.at === undefined ? undefined : at(columns.at);
  const id = columns.id === undefined ? undefined : at(columns.id);
  const context = (columns.context ?? head.filter((n) => !named.includes(n))).map((name) => [name, at(name)] as const);
  const candidates = [...new Set(rows.map((row) => row[index.action] ?? ""))].filter((n) => n !== "").sort();
  const reading = openReading();
  for (const [i, row] of rows.entries()) {
    const chosen = row[index.action] ?? "";
    const propensity = Number(row[index.probability]);
    const given = row[index.reward] ?? "";
    const reward = given === "" ? undefined : Number(given);
    const when = time === undefined ? i : Date.parse(row[time] ?? "");
    const reason = faultOf(chosen, propensity, reward, when);
    if (reason !== undefined) {
      reading.refuse(reason);
      continue;
    }
    reading.decisions.push({
      decisionId: (id === undefined ? undefined : row[id]) ?? `row-${i + 1}`,
      at: isoTime(when),
      context: contextOf(row, context),
      candidates,
      chosen,
      propensity,
      ...(reward !== undefined && { reward }),
    });
  }
  const warnings = checkPropensities(reading.decisions);
  return { decisions: reading.decisions, refused: reading.refused, warnings };
}

function faultOf(chosen: string, propensity: number, reward: number | undefined, when: number): string | undefined {
  if (chosen === "") return "no action";
  if (!(propensity > 0 && propensity <= 1)) return "a probability outside (0,1]";
  if (reward !== undefined && !(reward >= 0 && reward <= 1)) return "a reward outside [0,1]";
  return Number.isFinite(when) ? undefined : "no readable time";
}

function contextOf(row: readonly string[], columns: readonly (readonly [string, number])[]): DecisionContext {
  const out: DecisionContext = {};
  for (const [name, at] of columns) {
    const text = row[at] ?? "";
    if (text === "") continue;
    const number = Number(text);
    out[name] = text === "true" || text === "false" ? text === "true" : Number.isFinite(number) ? number : text;
  }
  return out;
}

/** The rows of a CSV text: quoted fields may hold commas, line ends and doubled quotes. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (let m = field.exec(text); m; m = field.exec(text)) {
    const [, quoted, plain = "", end] = m;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
