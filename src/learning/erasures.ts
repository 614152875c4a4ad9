import { LearningError } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import type { DocumentStore } from "../store/index.js";
import { shapedDocuments } from "../store/shaped-documents.js";

/** Counts the erasures over a store, by whatever process; those that removed all that was learned as well. */
interface Erasures {
  all: number;
  refits: number;
}

const KEY = "loop/erasures";

const erasuresIn = (documents: Pick<DocumentStore, "get" | "update">) =>
  shapedDocuments<Erasures>(documents, (v) => isRecord(v) && Number.isInteger(v.all) && Number.isInteger(v.refits));

async function erasuresOf(documents: DocumentStore): Promise<Erasures> {
  return (await erasuresIn(documents).get(KEY)) ?? { all: 0, refits: 0 };
}

/** Tells every learner over the store that what it holds is no longer to be learned from; called once the facts are gone. */
export async function noteErasure(documents: DocumentStore, isRefit: boolean): Promise<void> {
  await erasuresIn(documents).update(KEY, ({ all, refits } = { all: 0, refits: 0 }) => ({
    all: all + 1,
    refits: refits + (isRefit ? 1 : 0),
  }));
}

/** How many erasures there were that removed all that was learned: what was learned before the last is not to be used. */
export const refitsOf = async (documents: DocumentStore): Promise<number> => (await erasuresOf(documents)).refits;

/** Knows whether something was erased since the facts in a learner's memory were read. */
export class ErasureWatch {
  private known: number | undefined;

  constructor(private readonly documents: DocumentStore) {}

  /** Called before the first fact is read. */
  async begin(): Promise<void> {
    this.known = (await erasuresOf(this.documents)).all;
  }

  async hasPassed(): Promise<boolean> {
    return this.known !== undefined && (await erasuresOf(this.documents)).all !== this.known;
  }

  /**
   * Stores something learned, unless something was erased since its facts were read. Nothing tells of an erasure at the
   * moment of the write itself, so it is looked for once more afterwards, and then what was written is taken back.
   * @throws LEARNING_STATE where something was erased
   */
  async stored<T>(write: () => Promise<T>, takeBack: () => Promise<unknown>): Promise<T> {
    // Writes may go on into the turn of the next memory: what counts is from which memory they came.
    const began = this.known;
    const isErased = async () => began !== undefined && (await erasuresOf(this.documents)).all !== began;
    if (await isErased()) throw erased();
    const result = await write();
    if (!(await isErased())) return result;
    await takeBack();
    throw erased();
  }
}

function erased(): LearningError {
  return new LearningError("LEARNING_STATE", {
    received: "something learned from facts of which some were erased meanwhile",
    expected: "to be learned from what is left",
    remedy: "Nothing is to be done; nothing of it was kept, and the next cycle learns anew.",
  });
}
