/**
 * Whether an error is LangGraph's own business: an interrupt, a command to a parent graph, a drain. It travels as
 * an error and must pass. Told by its mark, since copies of LangGraph do not share classes; what fails when it is asked
 * for the mark is none.
 */
export function isControlSignal(
  error: unknown,
): error is { name?: string; command?: unknown; interrupts?: unknown[]; is_bubble_up: true } {
  try {
    return typeof error === "object" && error !== null && "is_bubble_up" in error && error.is_bubble_up === true;
  } catch {
    return false;
  }
}
