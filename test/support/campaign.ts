import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const MAIN = fileURLToPath(new URL("../campaign/main.ts", import.meta.url));
const CANNOT = /could not be installed|Linux x64/;

/**
 * The figures of a campaign's share, RUNS of its parts, in a process of its own: it waits for installations, and the
 * test's worker must go on. A campaign that cannot run here says why in `skipped`.
 */
export async function campaign(name: string, runs: number): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", MAIN, name], {
    env: { ...process.env, RUNS: String(runs) },
    maxBuffer: 2 ** 26,
  });
  const said = stdout.trim().split("\n").at(-1) ?? "";
  if (!said.startsWith("CAMPAIGN ")) throw new Error(`${name} said no figures, but: ${said.slice(0, 500)}`);
  console.log(said);
  const figures = JSON.parse(said.slice("CAMPAIGN ".length)) as Record<string, unknown>;
  if ("skipped" in figures && !CANNOT.test(String(figures.skipped))) throw new Error(`skipped: ${figures.skipped}`);
  return figures;
}
