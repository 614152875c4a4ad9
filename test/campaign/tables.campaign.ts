/**
 * The Parquet export as DuckDB and pandas read it: a graph runs for three days, each day's facts are exported on a
 * schedule, and one export is broken off. Both are asked the same of the tables, and must say what the store holds.
 * RUNS says how many runs (default 3000).
 */
import { cpSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { filled, held, type Told } from "../support/tables.js";
import { heavyProject, NotInstalled, run } from "./support/heavy.js";

const FILES = ["tables-duckdb.mjs", "tables-pandas.py"];

export default async function tables(): Promise<Record<string, unknown>> {
  const home = heavyProject({ needs: /^@duckdb\// });
  for (const file of FILES) cpSync(new URL(`support/${file}`, import.meta.url), join(home, file));
  const python = join(home, "python");
  try {
    run("python3", ["-m", "pip", "install", "--quiet", "--target", python, "pandas", "pyarrow"], home);
  } catch (cause) {
    throw new NotInstalled(`pandas could not be installed: ${String(cause).slice(0, 300)}`);
  }
  const folder = mkdtempSync(join(home, "tables-"));
  const { store, exports } = await filled(folder, Number(process.env.RUNS ?? 3000));
  const expected = await held(store);
  const readers = {
    duckdb: run(process.execPath, ["tables-duckdb.mjs", folder], home),
    pandas: run("env", [`PYTHONPATH=${python}`, "python3", "tables-pandas.py", folder], home),
  };
  for (const [name, said] of Object.entries(readers)) {
    const told = JSON.parse(said) as Told;
    if (!isDeepStrictEqual(told, expected))
      throw new Error(`${name} read ${JSON.stringify(told)}\nbut the store holds ${JSON.stringify(expected)}`);
  }
  return { ...expected, exports, readers: Object.keys(readers) };
}
