import { z } from "zod";
import { type Clock, type Logger, parseOptions } from "../../core/index.js";
import type { FeedbackCollector } from "../collect/collector.js";
import type { FormOptions, JudgedRun } from "./form.js";
import { remoteAddressOf } from "./node-listener.js";

const DAY_MS = 86_400_000;
const COUNT = "a whole number from 1";
const LENGTH = "milliseconds above 0";
const fn = <F>() => z.custom<F>((v) => typeof v === "function", "a function");

/** Limits of requests. Those beyond are answered with 429 and `retry-after`. */
const rateLimitSchema = z.strictObject(
  {
    /** Requests a minute with one token (default 30). */
    perToken: z.int(COUNT).min(1, COUNT).default(30),
    /** Requests a minute from one address (default 300). */
    perAddress: z.int(COUNT).min(1, COUNT).default(300),
    /**
     * Whose request it is (default: the other end of the connection, where {@link toNodeListener} mounts the handler;
     * elsewhere nobody's). Behind a proxy give what your proxy tells of its client: without, all would share one limit.
     */
    address: fn<(request: Request) => string | undefined>().default(() => remoteAddressOf),
  },
  "limits of requests, or false",
);
/** Limits of requests. Those beyond are answered with 429 and `retry-after`. */
export type RateLimitOptions = z.input<typeof rateLimitSchema>;

const schema = z.strictObject({
  collector: z.custom<FeedbackCollector>((v) => typeof v === "object" && v !== null, "a FeedbackCollector"),
  /** Signs the links; at least 16 characters that are random, the same in every process that serves the form. */
  secret: z.custom<string>(),
  clock: z.custom<Clock>().optional(),
  logger: z.custom<Logger>().optional(),
  form: z.custom<FormOptions>((v) => typeof v === "object" && v !== null, "an object of words").default({}),
  /** What is judged, shown above the form to whoever has the link; by default nothing is shown. */
  judged: fn<(workflowId: string) => Promise<JudgedRun | undefined>>().optional(),
  /** How long a link is good for (default 7 days). */
  linkValidForMs: z
    .number(LENGTH)
    .gt(0, LENGTH)
    .default(7 * DAY_MS),
  /** Largest body taken in, in bytes (default 65,536). */
  maxBodyBytes: z.int(COUNT).min(1, COUNT).default(65_536),
  /** How long a body may take to arrive, in milliseconds (default 10,000). */
  bodyTimeoutMs: z.number(LENGTH).gt(0, LENGTH).default(10_000),
  /** How many requests are answered, unless the host limits them itself; `false` answers all. */
  rateLimit: z.union([z.literal(false), rateLimitSchema], "limits of requests, or false").prefault({}),
});
/** Options of {@link createFeedbackHandler}. */
export type FeedbackHandlerOptions = z.input<typeof schema>;

/** The options, checked and completed; fails with CONFIG_INVALID, and with CONFIG_UNKNOWN_KEY on an unknown one. */
export const feedbackHandlerSettings = (options: FeedbackHandlerOptions) =>
  parseOptions(schema, options, "options of createFeedbackHandler");
