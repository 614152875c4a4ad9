import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Runs a part of a benchmark in a process of its own, passing on what it prints; gives its figures. */
export async function runPart(name: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, name, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  let last = "";
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("BENCH ")) last = line.slice("BENCH ".length);
    else console.log(line);
  }
  const code = await ended;
  if (code !== 0 || last === "") throw new Error(`The part ${args.join(" ")} of ${name} ended with code ${code}.`);
  const { name: _, quick, seconds, ...figures } = JSON.parse(last) as Record<string, unknown>;
  return figures;
}
