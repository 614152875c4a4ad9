import { digest, type Logger, messageOf, oneAtATime } from "../core/index.js";
import { type DeclaredShape, declaredShape } from "../routing/mermaid.js";
import type { DocumentStore } from "../store/index.js";

/** What is kept of a kind of runs: the graph that was wrapped for it last. */
const keyOf = (workflowType: string) => `graphs/${digest(workflowType)}`;

/** Larger graphs are drawn by what was run of them. */
const MOST_EDGES = 400;

/** Keeps the shapes of wrapped graphs, so that a drawing shows what was never taken as well. */
export class DeclaredGraphs {
  private readonly inTurn = oneAtATime();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly documents: DocumentStore,
    private readonly logger: Logger,
  ) {}

  /** Keeps the shape of a graph. Never throws: a drawing is not worth a failing graph. */
  keep(workflowType: string, graph: object): void {
    const shape = shapeOf(graph);
    if (!shape || shape.edges.length > MOST_EDGES) return;
    this.writing = this.inTurn(async () => {
      const known = await this.of(workflowType);
      if (JSON.stringify(known) !== JSON.stringify(shape)) await this.documents.put(keyOf(workflowType), shape);
    }).catch((error) => this.logger.debug("the shape of a graph was not kept", { error: messageOf(error) }));
  }

  /** The shape of the graph of a kind of runs. */
  of(workflowType: string): Promise<DeclaredShape | undefined> {
    return this.documents.get<DeclaredShape>(keyOf(workflowType));
  }

  /** Resolves when what was kept is stored. */
  settled(): Promise<void> {
    return this.writing;
  }
}

/** A graph of another release may be made otherwise than this one knows. */
function shapeOf(graph: object): DeclaredShape | undefined {
  try {
    return declaredShape(graph);
  } catch {
    return undefined;
  }
}
