/**
 * The parts of LangGraph's own structures that capture leans on, as plain shapes. They are checked
 * before use (`whyNotTap`); where they are missing, capture falls back to callbacks.
 */
import { isObject } from "../core/is-object.js";

export const START = "__start__";
export const END = "__end__";
export const SEND_KEY = "__pregel_send";
export const CALL_KEY = "__pregel_call";
export const TASK_ID_KEY = "__pregel_task_id";
export const SCRATCHPAD_KEY = "__pregel_scratchpad";
export const TASKS_CHANNEL = "__pregel_tasks";
export const PUSH_TRIGGER = "__pregel_push";
export const BRANCH_PREFIX = "branch:to:";
export const JOIN_PREFIX = "join:";
export const ERROR_HANDLER_PREFIX = "__error_handler__";

/** One write of a task: channel and value. */
export type Write = readonly [channel: string, value: unknown];

/** A LangGraph config as a node receives it. */
export interface TaskConfig {
  configurable?: Record<PropertyKey, unknown>;
  metadata?: Record<string, unknown>;
  tags?: string[];
  callbacks?: unknown;
  signal?: AbortSignal;
  runId?: string;
  executionInfo?: { taskId?: string; nodeAttempt?: number; checkpointId?: string };
  [key: string]: unknown;
}

/** Anything with LangChain's `invoke`. */
export interface RunnableShape {
  invoke(input: unknown, config?: TaskConfig): Promise<unknown>;
}

/** A node's function wrapped by LangGraph (RunnableCallable). */
export interface CallableShape extends RunnableShape {
  func(input: unknown, config: TaskConfig): unknown;
}

/** A compiled node (PregelNode). */
export interface NodeShape {
  bound: RunnableShape;
  triggers: string[];
  writers: unknown[];
  subgraphs?: unknown[];
  timeout?: { runTimeout?: number; idleTimeout?: number };
  cachePolicy?: unknown;
  /** Where its commands may go. */
  ends?: string[] | Record<string, string>;
  /** The writers as a task runs them. */
  getWriters?(): unknown[];
  getNode(): RunnableShape | undefined;
}

/** The uncompiled graph behind a compiled one. */
interface BuilderShape {
  nodes?: Record<string, { defer?: boolean }>;
  edges: Iterable<readonly [string, string]>;
  waitingEdges?: Iterable<readonly [readonly string[], string]>;
  branches: Record<string, Record<string, { ends?: Record<string, string>; path?: object }>>;
  /** A schema that validates what nodes write; absent where there is none. */
  _schemaRuntimeDefinition?: unknown;
}

/** A compiled graph (Pregel). */
export interface PregelShape extends RunnableShape {
  lg_is_pregel: true;
  nodes: Record<string, NodeShape>;
  builder?: BuilderShape;
  autoValidate?: boolean;
  /** Limit of each step, milliseconds. */
  stepTimeout?: number;
  config?: TaskConfig;
  name?: string;
  constructor: new (fields: object) => PregelShape;
  withConfig(config: TaskConfig): PregelShape;
  _streamIterator(input: unknown, options?: TaskConfig): AsyncGenerator<unknown>;
  _runLoop?(params: { loop: LoopShape; config: TaskConfig }): Promise<void>;
}

/** The running loop of one graph invocation (PregelLoop). */
export interface LoopShape {
  config: TaskConfig;
  input: unknown;
  status: string;
  step: number;
  isNested?: boolean;
  isResuming?: boolean;
  addressed?: boolean;
  resumeAtHead?: boolean;
  prevCheckpointConfig?: TaskConfig;
  checkpointMetadata?: { source?: string };
  checkpoint?: { id?: string; ts?: string };
  /** What its tasks are made of. */
  nodes: Record<string, NodeShape>;
  /** LangChain's manager of the run's callbacks; absent where nobody listens. */
  manager?: { runId?: string };
  /** Absent in graphs without a cache. */
  cache?: unknown;
  _matchCachedWrites?(): Promise<{ task: TaskShape }[]>;
}

/** One scheduled task. */
export interface TaskShape {
  id: string;
  name: string;
  writes: Write[];
  triggers?: string[];
  path?: unknown[];
  config?: TaskConfig;
}

/** A shallow copy of the same class. */
export function copyOf<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original)), original);
}

/** A compiled graph whose nodes are here (a remote graph has none). */
export function isPregel(value: unknown): value is PregelShape {
  return isObject(value) && value.lg_is_pregel === true && isObject(value.nodes);
}

/** An agent of langchain's `createAgent`: no graph itself, but the owner of one. */
export interface AgentShape {
  graph: PregelShape;
  withConfig(config: TaskConfig): AgentShape;
}

export function isAgent(value: object): value is AgentShape {
  const { graph, withConfig } = value as Partial<AgentShape>;
  return !isPregel(value) && isPregel(graph) && typeof withConfig === "function";
}

/** A `Command`, by its mark and not by its class. */
export function isCommand(
  value: unknown,
): value is { goto?: unknown; update?: unknown; graph?: unknown; resume?: unknown } {
  return isObject(value) && value.lg_name === "Command";
}

/** A `Send`, by its mark. */
export function isSend(value: unknown): value is { node: string; args: unknown } {
  return isObject(value) && value.lg_name === "Send" && typeof value.node === "string";
}

/** The commands in what a node returned. */
export function commandsIn(output: unknown): { goto?: unknown; update?: unknown; graph?: unknown }[] {
  if (isCommand(output)) return [output];
  return Array.isArray(output) ? output.filter(isCommand) : [];
}

/** Where a command goes: names and Sends. */
export function gotosOf(command: { goto?: unknown }): unknown[] {
  if (command.goto === undefined || command.goto === null) return [];
  return Array.isArray(command.goto) ? command.goto : [command.goto];
}

/** The namespace of the graph that hosts a task: a task's own without its last part. */
function parentNamespace(taskNamespace: string): string {
  const cut = taskNamespace.lastIndexOf("|");
  return cut < 0 ? "" : taskNamespace.slice(0, cut);
}

/** Whether a task is an error handler's. */
export function isOfHandler(taskPath: readonly unknown[] | undefined): boolean {
  return taskPath?.includes("node_error_handler") === true;
}

/** The namespace of the graph that a task belongs to. An error handler runs below the task that failed. */
export function graphNamespace(taskNamespace: string, taskPath: readonly unknown[] | undefined): string {
  const namespace = parentNamespace(taskNamespace);
  return isOfHandler(taskPath) ? parentNamespace(namespace) : namespace;
}

/** Names of the hosting nodes in a graph's namespace, from the root inwards. */
export function pathOfNamespace(namespace: string): string[] {
  if (namespace === "") return [];
  const names: string[] = [];
  for (const part of namespace.split("|")) if (!/^\d+$/.test(part)) names.push(part.split(":")[0]);
  return names;
}

/** The task of the innermost node that hosts the graph of a namespace. */
export function taskOfNamespace(namespace: string): string | undefined {
  const host = namespace.split("|").findLast((part) => part.includes(":"));
  return host?.slice(host.indexOf(":") + 1);
}
