import { hostname } from "node:os";
import { type Clock, isoTime, LearningError } from "../core/index.js";
import { forgetHolder, isAlive, newHolder } from "../store/file/holder.js";
import type { DocumentStore } from "../store/index.js";

const LEASE_KEY = "loop/lease";
/** Of a process on another host nothing is known but this: no cycle lasts longer. */
const EXPIRES_MS = 6 * 3_600_000;

interface Lease {
  holder: string;
  host: string;
  at: string;
}

/**
 * Keeps learning cycles of several processes over one store apart. What a process left that died is
 * taken over.
 * @returns what gives the lease back
 * @throws LEARNING_STATE while another loop runs a cycle
 */
export async function takeLease(documents: DocumentStore, clock: Clock): Promise<() => Promise<void>> {
  const mine: Lease = { holder: newHolder(), host: hostname(), at: isoTime(clock.now()) };
  try {
    await documents.update<Lease | undefined | null>(LEASE_KEY, (held) => {
      if (held && isHeld(held, clock)) throw takenError(held);
      return mine;
    });
  } catch (error) {
    forgetHolder(mine.holder);
    throw error;
  }
  return async () => {
    forgetHolder(mine.holder);
    await documents.update<Lease | undefined | null>(LEASE_KEY, (held) =>
      held?.holder === mine.holder ? null : (held ?? null),
    );
  };
}

function isHeld(lease: Lease, clock: Clock): boolean {
  const age = clock.now() - Date.parse(lease.at);
  if (!(Math.abs(age) < EXPIRES_MS)) return false;
  return lease.host !== hostname() || isAlive(lease.holder);
}

function takenError({ holder, host, at }: Lease): LearningError {
  return new LearningError("LEARNING_STATE", {
    received: `a learning cycle while process ${holder.split("-")[0]} on ${host} runs one over the same store (since ${at})`,
    expected: "one learning cycle at a time",
    remedy: "Wait for it to end; what it promotes serves here too.",
  });
}
