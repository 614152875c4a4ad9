import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MANIFEST = join(ROOT, "test", "campaign", "package.json");

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

/** Why a campaign cannot run here, where its parts could not be installed. */
export class NotInstalled extends Error {}

/** What a campaign installs. */
export interface HeavyParts {
  /** Default: test/campaign/package.json. */
  manifest?: string;
  flags?: readonly string[];
  /** Dependencies of the manifest that are needed (default: all). */
  needs?: RegExp;
}

/**
 * A project of its own with what is needed of a manifest and the packed package, as npm installs them.
 * CAMPAIGN_HOME names one that was made before, whose installation is kept, whole, and whose package is replaced.
 */
export function heavyProject({ manifest = MANIFEST, flags = [], needs = /^/ }: HeavyParts = {}): string {
  const kept = process.env.CAMPAIGN_HOME;
  const home = kept ?? mkdtempSync(join(tmpdir(), "campaign-"));
  const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const needed = Object.entries(dependencies).filter(([name]) => kept !== undefined || needs.test(name));
  const project = { ...rest, dependencies: Object.fromEntries(needed) };
  writeFileSync(join(home, "package.json"), JSON.stringify(project, null, 2));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", home], ROOT);
  const tarball = readdirSync(home).find((f) => f.endsWith(".tgz")) as string;
  try {
    run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...flags, join(home, tarball)], home);
  } catch (cause) {
    throw new NotInstalled(`what it needs could not be installed: ${String(cause).slice(0, 300)}`);
  }
  cpSync(join(ROOT, "test", "package", "support", "app.mjs"), join(home, "app.mjs"));
  return home;
}
