import type { Clock } from "../../core/index.js";
import { isAlive, newHolder } from "../../store/file/holder.js";
import type { DocumentStore } from "../../store/index.js";
import { GroupedUpdates } from "../collect/grouped-updates.js";

/**
 * Nothing takes this long to be stored: what holds a claim longer is gone. One that was only stopped stores the same
 * feedbackId when it wakes, of which the first counts.
 */
const EXPIRES_MS = 60_000;

interface Claims {
  /** By feedbackId, only while a submission is on its way into the store. */
  claims: Record<string, { holder: string; at: number }>;
}

/**
 * Lets one submission at a time, over all processes of one store, use a link. Whoever holds the claim
 * looks into the store before it appends, and gives it back after: so the second finds the first, or
 * waits for nobody. What a process left that died is taken over.
 */
export class LinkClaims {
  private readonly updates: GroupedUpdates<Claims>;
  private holder: string | undefined;

  constructor(
    documents: DocumentStore,
    private readonly clock: Clock,
  ) {
    this.updates = new GroupedUpdates(documents, "feedback-links", (stored) => ({ claims: stored?.claims ?? {} }));
  }

  /** Whether the claim is now held by the caller, who must {@link release} it. */
  async take(feedbackId: string): Promise<boolean> {
    this.holder ??= newHolder();
    const mine = { holder: this.holder, at: this.clock.now() };
    return this.updates.change(({ claims }) => {
      const held = claims[feedbackId];
      if (held && Math.abs(mine.at - held.at) < EXPIRES_MS && isAlive(held.holder)) return false;
      claims[feedbackId] = mine;
      return true;
    });
  }

  async release(feedbackId: string): Promise<void> {
    await this.updates.change(({ claims }) => {
      if (claims[feedbackId]?.holder === this.holder) delete claims[feedbackId];
    });
  }
}
