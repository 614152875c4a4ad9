// Runs in the learning thread.

import type { PromptQuestions, PromptTopic } from "../../evaluation/experiment/index.js";
import type { PatternReport } from "../../patterns/index.js";
import type { Contribution } from "../../together/index.js";
import type { Description } from "../description.js";
import type { Job } from "../job.js";
import type { RowOptions } from "../rows.js";
import type { PointStatistics } from "../statistics.js";
import { type AskPromptInput, askPrompt } from "./ask-prompt.js";
import { type ContributeInput, contribute } from "./contribute.js";
import { type DescribeInput, describeRouting } from "./describe-routing.js";
import { type IngestInput, type IngestOutput, ingest } from "./ingest.js";
import { type LearnOfflineInput, learnOfflineJob, type OfflineChallenger } from "./learn-offline.js";
import { type LearnedPatterns, type LearnPatternsInput, learnPatterns } from "./learn-patterns.js";
import { type LearnRoutingInput, learnRouting } from "./learn-routing.js";
import type { LearningResult } from "./learned.js";
import { type AnalyzePatternsInput, analyzePatterns } from "./patterns.js";
import { type RestoreInput, type RestoreOutput, restore, statistics } from "./restore.js";
import {
  type FitRewardModelInput,
  type FitRewardModelOutput,
  fitRewardModel,
  heldRewardModel,
  type PredictRewardsInput,
  type PredictRewardsOutput,
  predictRewardsJob,
  type TrainRewardModelInput,
  type TrainRewardModelOutput,
  trainRewardModel,
} from "./reward-model.js";
import { type RunTextsInput, type RunTextsOutput, runTexts } from "./run-texts.js";
import { type RunsToJudgeInput, type RunsToJudgeOutput, runsToJudge } from "./runs-to-judge.js";
import { type PointRows, surveyJob } from "./survey.js";
import { type TrainRlInput, type TrainRlOutput, trainRl } from "./train-rl.js";

/** Every job of the thread: its name, what it takes, and what it gives back. A new learner adds its job here. */
export interface Jobs {
  "facts.ingest": Job<IngestInput, IngestOutput>;
  "facts.restore": Job<RestoreInput, RestoreOutput>;
  "facts.statistics": Job<Record<string, never>, PointStatistics[]>;
  "routing.survey": Job<RowOptions, PointRows[]>;
  "routing.learn-offline": Job<LearnOfflineInput, OfflineChallenger | undefined>;
  "routing.learn": Job<LearnRoutingInput, LearningResult>;
  "routing.describe": Job<DescribeInput, Description>;
  "routing.contribute": Job<ContributeInput, Contribution>;
  "orchestrator.train": Job<TrainRlInput, TrainRlOutput>;
  "patterns.analyze": Job<AnalyzePatternsInput, PatternReport>;
  "patterns.learn": Job<LearnPatternsInput, LearnedPatterns>;
  "prompts.ask": Job<AskPromptInput, PromptQuestions[PromptTopic]["answer"]>;
  "rewards.held": Job<Record<string, never>, string | undefined>;
  "rewards.train": Job<TrainRewardModelInput, TrainRewardModelOutput>;
  "rewards.fit": Job<FitRewardModelInput, FitRewardModelOutput>;
  "rewards.predict": Job<PredictRewardsInput, PredictRewardsOutput>;
  "rewards.texts": Job<RunTextsInput, RunTextsOutput>;
  "evaluators.runs": Job<RunsToJudgeInput, RunsToJudgeOutput>;
}

/** What a job of a table takes. */
export type JobInput<K extends keyof Table, Table = Jobs> = Table[K] extends Job<infer I, unknown> ? I : never;
/** What a job of a table gives back. */
export type JobOutput<K extends keyof Table, Table = Jobs> = Table[K] extends Job<never, infer O> ? O : never;

/** The jobs by name. */
export const JOBS: Jobs = {
  "facts.ingest": ingest,
  "facts.restore": restore,
  "facts.statistics": statistics,
  "routing.survey": surveyJob,
  "routing.learn-offline": learnOfflineJob,
  "routing.learn": learnRouting,
  "routing.describe": describeRouting,
  "routing.contribute": contribute,
  "orchestrator.train": trainRl,
  "patterns.analyze": analyzePatterns,
  "patterns.learn": learnPatterns,
  "prompts.ask": askPrompt,
  "rewards.held": heldRewardModel,
  "rewards.train": trainRewardModel,
  "rewards.fit": fitRewardModel,
  "rewards.predict": predictRewardsJob,
  "rewards.texts": runTexts,
  "evaluators.runs": runsToJudge,
};
