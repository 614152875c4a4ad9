// Runs in the learning thread.
import { isPathField } from "../core/path-fields.js";
import type { DecisionRow } from "../dataset/index.js";
import { normalQuantile } from "../math/normal.js";

/** Chance that the choice of another point is taken to matter where it does not. */
const CHANCE = 0.03;
/** Variance of rewards is taken for no smaller than this. */
const LEAST_VARIANCE = 0.01;
/** Passes in which the effects of choices and of paths are told from each other. */
const PASSES = 20;

interface Cell {
  value: string;
  chosen: string;
  count: number;
  sum: number;
}

/**
 * Fields in which other decision points' choices say nothing of which destination is best: given what each destination
 * and each value of the field is worth by itself, no pair of them is worth more or less beyond chance (Tukey's test for
 * interaction by standardised residuals of the two-way table, Bonferroni-corrected). Seldom paths have few rows, and what
 * chance did on them would be learned as if it held.
 */
export function silentPaths(rows: readonly DecisionRow[]): string[] {
  const fields = new Set<string>();
  for (const { context } of rows) for (const field in context) if (isPathField(field)) fields.add(field);
  return [...fields].filter((field) => !matters(rows, field));
}

function matters(rows: readonly DecisionRow[], field: string): boolean {
  const cells = new Map<string, Cell>();
  let [total, squares, count] = [0, 0, 0];
  for (const { context, chosen, reward, sequelWeight } of rows) {
    if (reward === undefined || sequelWeight === 0) continue;
    const value = String(context[field] ?? "");
    const key = JSON.stringify([value, chosen]);
    const cell = cells.get(key) ?? { value, chosen, count: 0, sum: 0 };
    cells.set(key, cell);
    cell.count++;
    cell.sum += reward;
    total += reward;
    squares += reward * reward;
    count++;
  }
  if (count === 0) return false;
  const mean = total / count;
  const [values, chosen] = [effects([...cells.values()], "value"), effects([...cells.values()], "chosen")];
  const freedom = (values.size - 1) * (chosen.size - 1);
  if (freedom === 0) return false;
  fitEffects(cells.values(), mean, values, chosen);
  const variance = Math.max(LEAST_VARIANCE, squares / count - mean * mean);
  const least = normalQuantile(1 - CHANCE / (2 * freedom));
  for (const cell of cells.values()) {
    const [byValue, byChosen] = [values.get(cell.value)!, chosen.get(cell.chosen)!];
    const free = 1 - cell.count * (1 / byValue.count + 1 / byChosen.count - 1 / count);
    if (free <= 1e-6) continue;
    const residual = cell.sum / cell.count - mean - byValue.effect - byChosen.effect;
    if (Math.abs(residual) * Math.sqrt(cell.count / (variance * free)) >= least) return true;
  }
  return false;
}

interface Effect {
  count: number;
  effect: number;
}

function effects(cells: readonly Cell[], of: "value" | "chosen"): Map<string, Effect> {
  const found = new Map<string, Effect>();
  for (const cell of cells) {
    const known = found.get(cell[of]) ?? { count: 0, effect: 0 };
    found.set(cell[of], known);
    known.count += cell.count;
  }
  return found;
}

/** Least squares of mean + effect of the value + effect of the choice, by turns. */
function fitEffects(
  cells: Iterable<Cell>,
  mean: number,
  values: ReadonlyMap<string, Effect>,
  chosen: ReadonlyMap<string, Effect>,
): void {
  const all = [...cells];
  for (let pass = 0; pass < PASSES; pass++)
    for (const [own, of, others, by] of [
      [values, "value", chosen, "chosen"],
      [chosen, "chosen", values, "value"],
    ] as const) {
      for (const [name, effect] of own) {
        let sum = 0;
        for (const cell of all)
          if (cell[of] === name) sum += cell.sum - cell.count * (mean + (others.get(cell[by])?.effect ?? 0));
        effect.effect = sum / effect.count;
      }
    }
}
