import { type Clock, LearningError, show } from "../core/index.js";
import type { Lease, LeaseOptions } from "./learning-store.js";

/** What a store must do for a lease it has granted. */
export interface LeaseBackend {
  /** Tells the store that the holder lives; false when the lease belongs to another by now. */
  renew(): Promise<boolean>;
  /** Makes the name free if it is still this holder's. */
  giveBack(): Promise<void>;
}

/**
 * A lease that a store has granted, kept alive by a heartbeat every third of its time to live. It is lost when the
 * store says so, or when the store could not be asked for the whole time to live.
 */
export function heldLease(
  granted: { name: string; fence: number; ttlMs: number },
  clock: Clock,
  backend: LeaseBackend,
): Lease {
  const { name, fence, ttlMs } = granted;
  const controller = new AbortController();
  const end = () => {
    cancel();
    if (!controller.signal.aborted) controller.abort(leaseLost(name));
  };
  let sign = clock.monotonic();
  let cancel = () => {};
  const beat = () => {
    cancel = clock.schedule(async () => {
      const asked = clock.monotonic();
      // A failure to ask decides nothing: time does.
      const renewed = await backend.renew().catch(() => undefined);
      if (controller.signal.aborted) return;
      if (renewed) sign = asked;
      if (renewed || (renewed === undefined && clock.monotonic() - sign < ttlMs)) beat();
      else end();
    }, ttlMs / 3);
  };
  beat();
  return {
    name,
    fence,
    signal: controller.signal,
    async release() {
      if (controller.signal.aborted) return;
      end();
      await backend.giveBack();
    },
  };
}

/** Refuses lease options that say nothing sensible. */
export function checkLease(name: string, options: LeaseOptions): void {
  const ttlMs = options?.ttlMs;
  if (typeof name === "string" && name !== "" && Number.isFinite(ttlMs) && ttlMs > 0) return;
  throw new LearningError("STORE_QUERY", {
    received: `a lease on ${show(name)} with ${show(options)}`,
    expected: "a name that is not empty and { ttlMs } above 0",
    remedy: "Give the time in milliseconds after which a silent holder loses the lease.",
  });
}

/** The error of a name that somebody else holds. */
export function leaseHeld(name: string, holder: string): LearningError {
  return new LearningError("STORE_LEASE_HELD", {
    received: `the lease ${show(name)}, which ${holder} holds`,
    expected: "a lease that is free",
    remedy: "Wait until it is given back, or until its holder has been silent for its time to live.",
  });
}

/** The error of a holder that lost its lease. */
export function leaseLost(name: string): LearningError {
  return new LearningError("STORE_LEASE_LOST", {
    received: `work under the lease ${show(name)}, which is held no more`,
    expected: "a lease that is held until the work is done",
    remedy: "Drop the work: another holder may be doing it. Take the lease again to begin anew.",
  });
}
