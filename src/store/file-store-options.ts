import { z } from "zod";
import { type Clock, LearningError, parseOptions, show, systemClock } from "../core/index.js";
import { hostLogger } from "../core/option-fields.js";
import { checkPath } from "./file/path.js";

const SIZE = "an integer of at least 1024";

/** How files hold what is learned. */
export const fileStoreOptionsSchema = z.strictObject({
  /** Folder of traces and, beside them, decisions. */
  traces: z.string(),
  /** Folder of feedback. */
  feedback: z.string(),
  /** Folder of documents and trained artifacts. */
  models: z.string(),
  logger: hostLogger,
  clock: z.custom<Clock>().default(() => systemClock),
  /** Sync every batch to disk before acknowledging it (default true). Without, a power cut can take the last seconds. */
  fsync: z.boolean("true or false").default(true),
  /** Size in bytes from which a segment is closed and another begun (default 64 MiB). */
  segmentBytes: z
    .int(SIZE)
    .min(1024, SIZE)
    .default(64 * 1024 * 1024),
  /** Only look: nothing is written, so a folder that cannot be written will do (default false). */
  readOnly: z.boolean("true or false").default(false),
});
/** Options of {@link openFileStore}. */
export type FileStoreOptions = z.input<typeof fileStoreOptionsSchema>;

/**
 * The options, checked and completed.
 * @throws CONFIG_INVALID on folders and sizes that are none, CONFIG_UNKNOWN_KEY on options that do not exist
 */
export function fileStoreSettings(options: FileStoreOptions): z.output<typeof fileStoreOptionsSchema> {
  const given: unknown = options;
  if (typeof given !== "object" || given === null)
    throw new LearningError("CONFIG_INVALID", {
      received: show(given),
      expected: "an object with the folders `traces`, `feedback` and `models`",
      remedy: 'Pass { traces: "./learning/traces", feedback: "./learning/feedback", models: "./learning/models" }.',
    });
  for (const name of ["traces", "feedback", "models"] as const) checkPath(options[name], name);
  return parseOptions(fileStoreOptionsSchema, options, "options of openFileStore");
}
