import type { z } from "zod";
import { ERROR_CODES } from "../../src/core/error-codes.js";
import { loopConfigSchema } from "../../src/learning/config.js";

/** The page of error codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { cause, remedy }]) => `| \`${code}\` | ${cause} | ${remedy} |`);
  return `# Errors

Every error thrown on purpose is a \`LearningError\`: \`code\`, and a message that says what was received, what was expected
and what to do; \`cause\` holds the error behind it. Tell it by \`isLearningError(error, code)\`, not by \`instanceof\`.

| code | cause | what to do |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** The page of the loop's options, with the defaults that the schema has. */
export function configurationPage(): string {
  const defaults = loopConfigSchema.parse({}) as Record<string, unknown>;
  const rows = Object.entries(loopConfigSchema.shape).map(([key, schema]) => {
    const value = defaults[key];
    const shown = value === undefined ? "-" : `\`${JSON.stringify(value)}\``;
    return `| \`${key}\` | ${shown} | ${(schema as z.ZodType).description ?? ""} |`;
  });
  return `# Configuration

\`CollectiveLearningLoop.open({ ... })\`; an unknown key is an error that names the nearest known one. A folder that is not
given stands under \`storagePath\`. \`LEARNING_DISABLED=1\` turns everything off; \`LEARNING_LOG=debug\` tells everything.

| key | default | meaning |
| --- | --- | --- |
${rows.join("\n")}
`;
}
