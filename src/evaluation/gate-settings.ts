import { z } from "zod";
import { DEFAULT_RISK } from "./defaults.js";

const share = z.number().min(0).max(1);

/** How challengers are proven; see the page How it decides. */
export const gateSettingsSchema = z.object({
  /**
   * Chance of promoting a policy that is not better, from one proven step to the next; where nothing is better, over the
   * whole life of a decision point (0.05).
   */
  riskLevel: z.number().gt(0).lt(0.5).default(DEFAULT_RISK),
  /** The gain in reward a challenger must prove (0). */
  minimumEffect: share.default(0),
  /** Share of the oldest rated rows a first challenger learns from; it is judged on the rest (0.6). */
  trainShare: z.number().min(0.1).max(0.9).default(0.6),
  /**
   * What counts as one independent piece of evidence (`run`). With `run` and `thread` a proof holds for the traffic
   * that came; with `user` for people at large, and takes as many people. Runs that name no user stand for themselves.
   */
  cluster: z.enum(["run", "thread", "user"]).default("run"),
});
/** Options of the gate, all optional. */
export type GateSettings = z.input<typeof gateSettingsSchema>;
/** The settings with their defaults filled in. */
export type ResolvedGateSettings = z.output<typeof gateSettingsSchema>;
