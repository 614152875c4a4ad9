/**
 * A LangGraph graph under the instrumentations of OpenInference and OpenLLMetry for LangChain.js, exported by
 * OpenTelemetry's own exporters as JSON and as protobuf over HTTP into the OTLP handler: what goes in comes out, counted.
 * RUNS says how many of the four pairs are tried (default all).
 */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spread } from "./share.js";
import { heavyProject, run } from "./support/heavy.js";

const NEEDS = /^(@langchain\/(core|langgraph)$|@opentelemetry\/|@arizeai\/|@traceloop\/|protobufjs$)/;
const PAIRS = ["openinference", "openllmetry"].flatMap((vendor) =>
  ["json", "protobuf"].map((form) => ({ vendor, form })),
);

export default async function instrumentations(): Promise<Record<string, unknown>> {
  const home = heavyProject({ needs: NEEDS });
  cpSync(fileURLToPath(new URL("./support/instrumented.mjs", import.meta.url)), join(home, "instrumented.mjs"));
  const results: Record<string, unknown> = {};
  for (const { vendor, form } of spread(PAIRS, process.env.RUNS)) {
    const said = run(process.execPath, ["instrumented.mjs", vendor, form], home, 180_000);
    results[`${vendor} ${form}`] = JSON.parse(said.trim().split("\n").at(-1) as string);
  }
  return results;
}
