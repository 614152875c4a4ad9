import { z } from "zod";
import { defaultLogger, harmlessLogger, type Logger } from "./logger.js";

/** Fields that options of many rooms have, each with the words that follow "expected". */

/** A number in [0,1]. */
export const share = z.number("a number in [0,1]").min(0, "a number in [0,1]").max(1, "a number in [0,1]");
/** A finite number from 0. */
export const amount = z.number("a finite number from 0").min(0, "a finite number from 0");
/** A finite number above 0. */
export const above = z.number("a finite number above 0").gt(0, "a finite number above 0");
/** A whole number from 1. */
export const whole = z.int("a whole number from 1").min(1, "a whole number from 1");

const LEVELS = ["debug", "info", "warn", "error"] as const;
const isLogger = (v: unknown) =>
  typeof v === "object" && v !== null && LEVELS.every((level) => typeof (v as Partial<Logger>)[level] === "function");

/** A host's logger, made harmless; the default one where none is given. */
export const hostLogger = z
  .custom<Logger>(isLogger, "a logger with debug, info, warn and error")
  .default(() => defaultLogger())
  .transform(harmlessLogger);
