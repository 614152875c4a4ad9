import { execFileSync } from "node:child_process";

/** Worker threads, the command line and the package's own name are tested against the build: make it first. */
export default function setup(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
