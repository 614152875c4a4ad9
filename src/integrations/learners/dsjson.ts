import { checkArgument } from "../../core/arguments.js";
import { type DecisionContext, isoTime } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { checkPropensities, type LoggedDecisions, openReading } from "./logged-decision.js";

/** Options of {@link readDsjson}. */
export interface DsjsonOptions {
  /** Makes a reward in [0,1] of a cost (default: the cost's negative, refused where that lies outside). */
  rewardOf?: (cost: number) => number;
  /** Names an action by its features and its number from 1 (default: `_tag`, `id` or `name`, else `action-N`). */
  nameOf?: (features: Readonly<Record<string, unknown>>, number: number) => string;
}

/**
 * Reads Vowpal Wabbit's decision-service log (dsjson, one event a line; `cb_explore_adf`).
 * @param lines the log's lines, as of `readline` over a file
 * @returns events without a label (`_label_cost`) come without reward; others than decisions are counted
 * @example
 * ```ts
 * import { createReadStream } from "node:fs";
 * import { createInterface } from "node:readline";
 *
 * const { decisions, warnings } = await readDsjson(createInterface({ input: createReadStream("log.dsjson") }));
 * await appendLogged(store, "article", decisions);
 * ```
 */
export async function readDsjson(
  lines: AsyncIterable<string> | Iterable<string>,
  options: DsjsonOptions = {},
): Promise<LoggedDecisions> {
  checkArgument(lines, "lines", "iterable", "CONFIG_INVALID");
  checkArgument(options, "options", "object", "CONFIG_INVALID");
  const { rewardOf = (cost) => -cost + 0, nameOf = defaultName } = options;
  const reading = openReading();
  for await (const line of lines) {
    checkArgument(line, "a line", "text", "CONFIG_INVALID");
    if (line.trim() === "") continue;
    const event = parsed(line);
    const { c, a, p, EventId, Timestamp } = event ?? {};
    if (!event || !isRecord(c) || !Array.isArray(c._multi) || !Array.isArray(a) || !Array.isArray(p)) {
      reading.refuse("no decision");
      continue;
    }
    const features = c._multi.filter(isRecord);
    const candidates = features.map((f, i) => nameOf(f, i + 1));
    if (new Set(candidates).size < candidates.length) {
      reading.refuse("two actions of one name");
      continue;
    }
    const probabilities = candidates.map((_, i) => Number(p[a.indexOf(i + 1)] ?? 0));
    const chosen = candidates[Number(a[0]) - 1];
    const propensity = Number(event._label_probability ?? p[0]);
    const total = probabilities.reduce((s, v) => s + v, 0);
    if (chosen === undefined || !(propensity > 0 && propensity <= 1) || Math.abs(total - 1) > 0.01) {
      reading.refuse("probabilities that are none");
      continue;
    }
    const cost = event._label_cost;
    const reward = typeof cost === "number" ? rewardOf(cost) : undefined;
    if (reward !== undefined && !(reward >= 0 && reward <= 1)) {
      reading.refuse("a reward outside [0,1]");
      continue;
    }
    const { _multi, ...shared } = c;
    const time = Date.parse(String(Timestamp ?? ""));
    reading.decisions.push({
      decisionId: String(EventId ?? `line-${reading.decisions.length + 1}`),
      at: isoTime(Number.isFinite(time) ? time : 0),
      context: flat(shared),
      candidates,
      candidateFeatures: Object.fromEntries(candidates.map((name, i) => [name, flat(features[i] ?? {})])),
      chosen,
      probabilities: probabilities.map((v) => v / total),
      propensity,
      ...(reward !== undefined && { reward }),
    });
  }
  reading.warnings.push(...checkPropensities(reading.decisions));
  return { decisions: reading.decisions, refused: reading.refused, warnings: reading.warnings };
}

function defaultName(features: Readonly<Record<string, unknown>>, number: number): string {
  for (const key of ["_tag", "id", "name"]) {
    const value = features[key];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return `action-${number}`;
}

/** Namespaces of features as one flat context: `User.age`; lists as vectors where they hold numbers. */
function flat(features: Readonly<Record<string, unknown>>, prefix = ""): DecisionContext {
  const out: DecisionContext = {};
  for (const [key, value] of Object.entries(features)) {
    const name = `${prefix}${key}`;
    if (key.startsWith("_")) continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") out[name] = value;
    else if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "number")) out[name] = value;
    else if (isRecord(value)) Object.assign(out, flat(value, `${name}.`));
  }
  return out;
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    // A line that is no JSON is counted as no decision.
    return undefined;
  }
}
