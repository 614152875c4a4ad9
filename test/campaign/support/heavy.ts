import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs a command to its end; fails with the end of what it said. */
export function run(command: string, args: string[], cwd: string, timeout = 600_000): string {
  try {
    return execFileSync(command, args, { cwd, timeout, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `${command} ${args.join(" ")}: ${String(error).slice(0, 300)}\n${stdout.slice(-1500)}\n${stderr.slice(-1500)}`,
    );
  }
}

/**
 * A project of its own with everything of a manifest (test/campaign/package.json) and the packed package, as npm installs
 * them.
 * CAMPAIGN_HOME names one that was made before, whose installation is kept and whose package is replaced.
 */
export function heavyProject(manifest = join(ROOT, "test", "campaign", "package.json"), flags: string[] = []): string {
  const home = process.env.CAMPAIGN_HOME ?? mkdtempSync(join(tmpdir(), "campaign-"));
  cpSync(manifest, join(home, "package.json"));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", home], ROOT);
  const tarball = readdirSync(home).find((f) => f.endsWith(".tgz")) as string;
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...flags, join(home, tarball)], home);
  cpSync(join(ROOT, "test", "package", "support", "app.mjs"), join(home, "app.mjs"));
  return home;
}
