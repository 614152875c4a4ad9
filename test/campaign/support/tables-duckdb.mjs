// What DuckDB reads in an export. `node tables-duckdb.mjs FOLDER`
import { DuckDBInstance } from "@duckdb/node-api";

const [folder] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const from = (table) => `read_parquet('${folder}/${table}/*/*.parquet', hive_partitioning = true)`;
const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
const counts = async (sql) => Object.fromEntries((await rows(sql)).map(({ key, n }) => [key, Number(n)]));
const rounded = (x) => Number(Number(x).toFixed(9));

const [{ n: runs }] = await rows(`SELECT count(*) AS n FROM ${from("segments")}`);
const chosen = await rows(
  `SELECT chosen, count(*) AS decisions, avg(propensity) AS propensity FROM ${from("decisions")} GROUP BY chosen`,
);
const [outcome] = await rows(
  `SELECT count(outcome) AS judged, avg(outcome) AS mean FROM ${from("feedback")} WHERE outcome IS NOT NULL`,
);
const days = await rows(
  `SELECT DISTINCT CAST(decided_at AS DATE) AS decided, CAST(day AS DATE) AS day FROM ${from("decisions")} ORDER BY day`,
);
if (days.some(({ decided, day }) => decided !== day))
  throw new Error(`days that are not theirs: ${JSON.stringify(days)}`);
console.log(
  JSON.stringify({
    runs: Number(runs),
    nodes: await counts(`SELECT node AS key, count(*) AS n FROM ${from("nodes")} GROUP BY node`),
    chosen: Object.fromEntries(
      chosen.map((c) => [c.chosen, { decisions: Number(c.decisions), propensity: rounded(c.propensity) }]),
    ),
    outcome: { judged: Number(outcome.judged), mean: rounded(outcome.mean) },
    topics: await counts(
      `SELECT json_extract_string(context, '$.topic') AS key, count(*) AS n FROM ${from("decisions")} GROUP BY key`,
    ),
    days: days.map(({ day }) => day),
  }),
);
