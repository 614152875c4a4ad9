export type {
  AgentHealth,
  AgentRecord,
  AgentResponse,
  FoundTask,
  Insight,
  Observation,
  ObservationField,
  OrchestratorAction,
  RunWindow,
  Spent,
  Task,
  TaskStatus,
  Territory,
  Workflow,
} from "../orchestration/index.js";
export { stepReward } from "../orchestration/index.js";
export type { SentinelLoop, SentinelPolicyNode } from "./advisor.js";
export type { AgentBrief, AssessResult, InvokableAgent, SentinelAgent } from "./agent.js";
export type { ApprovalAnswer, ApprovalRequest } from "./approval.js";
export { attachSentinel, type SentinelHandle, sentinelOf } from "./attach.js";
export { sentinelRecursionLimit } from "./control.js";
export { createSentinelOrchestrator } from "./create-sentinel-orchestrator.js";
export type { SentinelPolicy } from "./fixed-policy.js";
export type {
  InspirationAnswer,
  InspirationSource,
  MergeResults,
  Scanner,
  ScanResult,
  SentinelOptions,
} from "./options.js";
export { createRoleAgent, type RoleModel, rolePrompt } from "./role-agent.js";
export { AGENT_ROLES, type AgentRole } from "./roles.js";
export type { Outlook, SentinelStateType, StepRecord } from "./state.js";
