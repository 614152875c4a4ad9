export { decideTrial, grownShare, type TrialVerdict } from "./decide.js";
export type { ForecastShares } from "./forecast.js";
export { type Forecast, forecastTrial } from "./forecast.js";
export { type Plan, planTrial, type TrialPlanRequest } from "./plan.js";
export { type OpenRow, ratingWindowMs, settle } from "./settle.js";
export { type Capital, capitalSchema, openCapital, passOn, takeStake } from "./stakes.js";
export { openTrial, parseTrial, type SettledBlock, type TrialStart, type TrialState } from "./state.js";
export { addCluster, logWealthAgainst, logWealthOf, type TrialRow } from "./wealth.js";
