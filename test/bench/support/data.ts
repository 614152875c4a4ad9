import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The folder of real evaluation data: `LEARNING_DATA`, or `../shared/data` beside the project.
 * Undefined when it is not there; benchmarks then say so and use what they can make themselves.
 */
export function dataFolder(): string | undefined {
  const folder = process.env.LEARNING_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
