import type { Decision, DecisionSink, Logger, RunIdentity } from "../../../src/core/index.js";
import { ManualClock } from "../../../src/core/index.js";
import type { ArtifactVersion, OnTrial, Registry, RegistryEvent, TrialTerms } from "../../../src/registry/index.js";
import { createModeBook, createRunBook, type RoutingDeps } from "../../../src/routing/index.js";

/** A sink that keeps what it gets; runs are named by `metadata.workflowId`, else by their thread. */
class MemorySink implements DecisionSink {
  readonly written: Decision[] = [];

  record(decision: Decision): void {
    this.written.push(decision);
  }

  identify(config: Parameters<DecisionSink["identify"]>[0]): RunIdentity {
    const threadId = config.executionInfo?.threadId;
    const userId = config.metadata?.userId;
    return {
      workflowId: String(config.metadata?.workflowId ?? threadId ?? "w"),
      ...(threadId ? { threadId } : {}),
      ...(typeof userId === "string" ? { userId } : {}),
    };
  }

  /** One decision per id, the last written. */
  view(): Decision[] {
    return [...new Map(this.written.map((d) => [d.decisionId, d])).values()];
  }
}

/** A registry in memory that serves what it is told. */
export class MemoryRegistry implements Registry {
  private readonly payloads = new Map<string, unknown>();
  private readonly serving = new Map<string, string[]>();
  private readonly listeners = new Map<string, Set<Parameters<Registry["listen"]>[1]>>();

  publish(name: string, kind: string, payload: unknown): Promise<ArtifactVersion> {
    const version = `v${this.payloads.size + 1}`;
    this.payloads.set(`${name}/${version}`, payload);
    return Promise.resolve(this.describe(name, version, kind));
  }

  promote(name: string, version: string, reason = "test"): Promise<void> {
    this.serving.set(name, [...(this.serving.get(name) ?? []), version]);
    return this.tell(name, "promote", reason);
  }

  rollback(name: string, reason = "test"): Promise<void> {
    this.serving.get(name)?.pop();
    return this.tell(name, "rollback", reason);
  }

  champion(name: string): ArtifactVersion | undefined {
    const version = this.serving.get(name)?.at(-1);
    return version === undefined ? undefined : this.describe(name, version, "routing-policy");
  }

  load(name: string, version: string): Promise<unknown> {
    return Promise.resolve(structuredClone(this.payloads.get(`${name}/${version}`)));
  }

  listen(name: string, listener: Parameters<Registry["listen"]>[1]): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  forget = () => Promise.resolve();
  under = () => this;
  private readonly trials = new Map<string, OnTrial>();

  tryOut(name: string, version: string, terms: TrialTerms, reason = "test"): Promise<void> {
    this.trials.set(name, { version, ...terms });
    return this.tell(name, "trial", reason);
  }

  endTrial(name: string, reason = "test"): Promise<void> {
    this.trials.delete(name);
    return this.tell(name, "end-trial", reason);
  }

  onTrial(name: string): OnTrial | undefined {
    return this.trials.get(name);
  }

  barred = () => [];
  pin = () => Promise.resolve();
  unpin = () => Promise.resolve();
  refresh = () => Promise.resolve();
  isPinned = () => false;
  versions = () => [];
  names = () => [];
  history = () => [];

  private describe(name: string, version: string, kind: string): ArtifactVersion {
    return { name, version, kind, createdAt: "2026-01-01T00:00:00.000Z", lineage: { rows: 0 } };
  }

  private tell(name: string, action: RegistryEvent["action"], reason: string): Promise<void> {
    const event = { at: "2026-01-01T00:00:00.000Z", name, action, reason };
    for (const listener of this.listeners.get(name) ?? []) listener(this.champion(name), event);
    return Promise.resolve();
  }
}

/** Everything a router needs, in memory, with a log to look at. */
export function createWorld(seed = 1) {
  const sink = new MemorySink();
  const registry = new MemoryRegistry();
  const clock = new ManualClock();
  const log: string[] = [];
  const write = (level: string) => (message: string, data?: unknown) =>
    void log.push(`${level}: ${message} ${JSON.stringify(data ?? "")}`);
  const logger: Logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  let on = true;
  const deps: RoutingDeps = {
    sink,
    registry,
    clock,
    logger,
    seed,
    enabled: () => on,
    modes: createModeBook(),
    runs: createRunBook(),
  };
  return {
    deps,
    sink,
    registry,
    clock,
    log,
    disable: () => {
      on = false;
    },
  };
}

/** The part of a node's config that names a task, for calls outside of a graph. */
export function taskConfig(taskId: string, extra: object = {}) {
  const executionInfo = { taskId, checkpointId: "c", checkpointNs: `n:${taskId}`, nodeAttempt: 1 };
  return { metadata: { workflowId: taskId, langgraph_step: 1 }, executionInfo, ...extra };
}
