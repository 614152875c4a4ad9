// Runs in the learning thread.
import { constants, getPriority, platform, setPriority } from "node:os";

/** Where all want a processor, a thread nicer by this gets a quarter of what its process gets: enough to end its cycles. */
const NICER_BY = 5;

/**
 * Lets everything else on the machine go first where processors are short: runs wait for their answers, learning does
 * not. On Linux a thread has a priority of its own; elsewhere it would be that of the whole process, and is left alone.
 */
export function letOthersGoFirst(): void {
  if (platform() !== "linux") return;
  try {
    setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + NICER_BY));
  } catch {
    // Not allowed here: it learns all the same.
  }
}
