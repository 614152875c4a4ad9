const PREFIX = "chosen at ";

/** The field of a context in which a decision point finds what another one chose earlier in the run. */
export function pathField(decisionPoint: string): string {
  return PREFIX + decisionPoint;
}

/** The decision point that such a field is about; undefined for any other field. */
export function pointOfField(field: string): string | undefined {
  return isPathField(field) ? field.slice(PREFIX.length) : undefined;
}

/** Whether a field of a context is of that kind: put there by this package, not by the context function. */
export function isPathField(field: string): boolean {
  return field.startsWith(PREFIX);
}
