import { z } from "zod";
import type { EngineChoice } from "../tensor/engine.js";

/** Fields that the options of several learners have. */

/** Widths of hidden layers. */
export const widths = z
  .array(z.int("whole numbers from 1").min(1, "whole numbers from 1"), "an array of widths")
  .readonly();
/** A number above 0, or no bound at all. */
export const length = z.custom<number>((v) => typeof v === "number" && v > 0, "a number above 0");
/** On or off. */
export const flag = z.boolean("true or false");
/** Governs what is random. */
export const seed = z.union([z.number(), z.string()], "a number or a text");
/** What computes the gradients; checked where it is chosen. */
export const engine = z.custom<EngineChoice>().optional();
/** Asked again and again, for stopping early. */
export const cancelled = z.custom<() => boolean>().optional();
/** A whole number from 1, or no end. */
export const steps = z.custom<number>(
  (v) => v === Number.POSITIVE_INFINITY || (Number.isSafeInteger(v) && (v as number) >= 1),
  "a whole number from 1, or Infinity",
);
