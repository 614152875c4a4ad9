import type { EdgeKind, EdgeTaken } from "../../core/index.js";
import { BRANCH_PREFIX, END, JOIN_PREFIX, PUSH_TRIGGER, START } from "../internals.js";
import type { RunningNode, TaskPlace } from "./run-types.js";

/** What may be known of an edge beside its ends. */
export interface EdgeDetails {
  /** Of a join: its channel. */
  channel?: string;
  started?: boolean;
  inferred?: boolean;
}

/** An edge while its run goes on. */
export interface EdgeRun extends EdgeTaken {
  namespace: string;
  /** Of a join: its channel. */
  channel?: string;
}

/** An edge whose destination has not started. */
export type PendingEdge = Readonly<EdgeRun>;

/** A conditional edge whose choice has not been seen. */
interface OpenBranch {
  from: RunningNode;
  ends: string[] | undefined;
  kind: EdgeKind;
}

/** What is told of an edge's source. */
type EdgeSource = Pick<RunningNode, "name" | "namespace" | "path" | "step">;

/** The edges of one run: emitted when a node ends, started when their destination does. */
export class EdgeLog {
  private readonly edges: EdgeRun[] = [];
  /** Edges whose destination has not started, by destination (which several graphs may have by the same name). */
  private readonly waiting = new Map<string, EdgeRun[]>();
  private open: OpenBranch[] = [];
  /** Where the run's input sends it. Its step is told by its destination alone. */
  private readonly entries: { namespace: string; to: string; kind: EdgeKind }[] = [];

  get count(): number {
    return this.edges.length;
  }

  emitted(from: EdgeSource, to: string, kind: EdgeKind, more?: EdgeDetails): void {
    const { namespace, path, step } = from;
    const edge: EdgeRun = { from: from.name, to, kind, path, step, started: more?.started ?? false, namespace };
    if (more?.inferred) edge.inferred = true;
    if (more?.channel !== undefined) edge.channel = more.channel;
    this.edges.push(edge);
    if (edge.started) return;
    const list = this.waiting.get(to);
    if (list) list.push(edge);
    else this.waiting.set(to, [edge]);
  }

  /** A conditional edge (or a command) whose choice was not seen: its destination will tell. Without `ends`: any node. */
  leaveOpen(
    from: RunningNode,
    ends: readonly string[] | undefined,
    kind: EdgeKind = ends ? "conditional" : "static",
  ): void {
    this.open.push({ from, ends: ends && [...ends], kind });
  }

  /** The run's input is a command to a node. */
  entered(namespace: string, to: string, kind: EdgeKind): void {
    this.entries.push({ namespace, to, kind });
  }

  /** Edges whose destination has not started, of all graphs or of one. */
  pending(namespace?: string): PendingEdge[] {
    const all = [...this.waiting.values()].flat();
    return namespace === undefined ? all : all.filter((edge) => edge.namespace === namespace);
  }

  /** Edges whose destination should have started before a step and did not; joins, which may wait, excepted. */
  overdue(namespace: string, step: number): EdgeTaken[] {
    if (this.waiting.size === 0) return [];
    const found: EdgeTaken[] = [];
    for (const list of this.waiting.values())
      for (const e of list)
        if (e.namespace === namespace && e.step < step - 1 && e.kind !== "join" && e.kind !== "send") found.push(e);
    return found;
  }

  /** Marks the edges that made a node start. Returns what is doubtful about them, if anything is. */
  arrived(place: TaskPlace): string | undefined {
    const { name, namespace, step } = place;
    const list = this.waiting.get(name);
    const trigger = place.triggers[0] ?? "";
    if (!list?.some((edge) => edge.namespace === namespace)) {
      if (this.arrivedFromInput(place)) return undefined;
      return trigger.startsWith(BRANCH_PREFIX) ? this.arrivedUnannounced(place) : undefined;
    }
    let sendTaken = false;
    const left = list.filter((edge) => {
      if (edge.namespace !== namespace || edge.step >= step) return true;
      if (trigger === PUSH_TRIGGER) {
        if (edge.kind !== "send" || sendTaken) return true;
        sendTaken = true;
      } else if (trigger.startsWith(JOIN_PREFIX)) {
        if (edge.channel !== trigger) return true;
      } else if (edge.kind === "send" || edge.kind === "join") return true;
      edge.started = true;
      return false;
    });
    if (left.length > 0) this.waiting.set(name, left);
    else this.waiting.delete(name);
    return undefined;
  }

  /** A node starts because the run's input sent it there. */
  private arrivedFromInput({ name, namespace, step, triggers }: TaskPlace): boolean {
    const isSent = triggers[0] === PUSH_TRIGGER;
    const at = this.entries.findIndex(
      (e) => e.to === name && e.namespace === namespace && (e.kind === "send") === isSent,
    );
    const [entry] = at < 0 ? [] : this.entries.splice(at, 1);
    if (!entry) return false;
    this.emitted({ name: START, namespace, path: [], step: step - 1 }, name, entry.kind, { started: true });
    return true;
  }

  /** A node starts though no edge to it was seen: from an open conditional edge, or a node served from a cache. */
  private arrivedUnannounced({ name, namespace, step }: TaskPlace): string | undefined {
    const fits = ({ from, ends }: OpenBranch) =>
      from.namespace === namespace && from.step === step - 1 && (ends === undefined || ends.includes(name));
    const sources = this.open.filter(fits);
    for (const { from, kind } of sources) this.emitted(from, name, kind, { started: true, inferred: true });
    this.open = this.open.filter((branch) => !sources.includes(branch));
    return sources.length > 1 ? `several nodes may have led to ${name}; all are listed` : undefined;
  }

  /** A run that ended well: conditional edges that led nowhere led to the end. */
  settle(): void {
    for (const { from, ends, kind } of this.open)
      if (kind === "conditional" && ends?.includes(END))
        this.emitted(from, END, "conditional", { started: true, inferred: true });
  }

  /** Hands over the edges of a run that is over. */
  take(): EdgeRun[] {
    return this.edges.splice(0);
  }
}

/** An edge as it is kept. */
export function edgeRecord({ from, to, kind, path, step, started, inferred }: EdgeRun): EdgeTaken {
  const edge: EdgeTaken = { from, to, kind, path, step, started };
  if (inferred) edge.inferred = true;
  return edge;
}
