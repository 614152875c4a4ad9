// Runs in the learning thread.
import { constants, platform, setPriority } from "node:os";

/**
 * Lets everything else on the machine go first where processors are short: runs wait for their answers, learning does
 * not. On Linux a thread has a priority of its own; elsewhere it would be that of the whole process, and is left alone.
 */
export function letOthersGoFirst(): void {
  if (platform() !== "linux") return;
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not allowed here: it learns all the same.
  }
}
