/** Confidence level of an interval. */
export const DEFAULT_LEVEL = 0.95;
/** Chance of ever acting on a gain, or a loss, that is not there. */
export const DEFAULT_RISK = 0.05;
