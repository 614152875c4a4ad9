import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The Python of the peers' environment (`npm run bench:peers` makes it); undefined when missing. */
export function peersPython(): string | undefined {
  const python = process.env.PEERS_PYTHON ?? fileURLToPath(new URL("../peers/.venv/bin/python", import.meta.url));
  return existsSync(python) ? python : undefined;
}

/**
 * Runs test/bench/peers/SCRIPT with `input` as JSON on its standard input and parses the last line
 * of its output as JSON. Rejects with the script's own words when it fails.
 */
export function runPeer<T>(script: string, input: unknown, args: string[] = []): Promise<T> {
  const python = peersPython();
  if (!python) return Promise.reject(new Error("The peers' Python environment is missing. Run: npm run bench:peers"));
  const file = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(python, [file, ...args], {
      env: { ...process.env, OMP_NUM_THREADS: "2" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (d) => {
      out += d;
    });
    child.stderr.on("data", (d) => {
      err += d;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`${script} exited with ${code}: ${err.slice(-2000)}`));
      try {
        resolve(JSON.parse(out.trim().split("\n").at(-1) ?? "") as T);
      } catch (cause) {
        reject(new Error(`${script} printed no JSON as its last line: ${out.slice(-500)}`, { cause }));
      }
    });
    child.stdin.end(JSON.stringify(input));
  });
}
