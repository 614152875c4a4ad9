// Runs in the learning thread.
import { platform, setPriority } from "node:os";

/** Where all want a processor, a thread of this niceness gets a quarter of what others get: enough to end its cycles. */
const NICENESS = 5;

/**
 * Lets everything else on the machine go first where processors are short: runs wait for their answers, learning does
 * not. On Linux a thread has a priority of its own; elsewhere it would be that of the whole process, and is left alone.
 */
export function letOthersGoFirst(): void {
  if (platform() !== "linux") return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // Not allowed here: it learns all the same.
  }
}
