import type { Job } from "../job.js";
import { describeRouting } from "./describe-routing.js";
import { ingest } from "./ingest.js";
import { judgeRouting } from "./judge-routing.js";
import { learnOfflineJob } from "./learn-offline.js";
import { learnPatterns } from "./learn-patterns.js";
import { analyzePatterns } from "./patterns.js";
import { fitRewardModel, heldRewardModel, predictRewards, trainRewardModel } from "./reward-model.js";
import { rewardsOfDecisions } from "./rewards.js";
import { runTexts } from "./run-texts.js";
import { survey } from "./survey.js";
import { trainRl } from "./train-rl.js";
import { trainRouting } from "./train-routing.js";

/** Every job of the worker. A new learner adds its job here. Inputs are checked by each job's own type. */
const jobs: readonly Job<never, unknown>[] = [
  ingest,
  survey,
  fitRewardModel,
  heldRewardModel,
  predictRewards,
  trainRewardModel,
  runTexts,
  trainRouting,
  judgeRouting,
  describeRouting,
  trainRl,
  learnOfflineJob,
  analyzePatterns,
  learnPatterns,
  rewardsOfDecisions,
];

/** The jobs by name. */
export const JOBS: ReadonlyMap<string, Job<never, unknown>> = new Map(jobs.map((j) => [j.name, j]));
