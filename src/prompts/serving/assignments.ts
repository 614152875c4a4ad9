/** What a unit was given. */
export interface PromptAssignment {
  version: string;
  probabilities: Readonly<Record<string, number>>;
  stratum: string;
}

/** Who was given what in each experiment, with running counts per stratum. Units are hashed. */
export class Assignments {
  private readonly units = new Map<string, Map<string, PromptAssignment>>();
  private readonly counts = new Map<string, Record<string, number>>();

  of(experiment: string, unit: string): PromptAssignment | undefined {
    return this.units.get(experiment)?.get(unit);
  }

  /** How often each version was given in a stratum. */
  given(experiment: string, stratum: string): Readonly<Record<string, number>> {
    return this.counts.get(`${experiment}\n${stratum}`) ?? {};
  }

  /** Keeps the first assignment of a unit, and any later one only with `again` (its variant has left). */
  keep(experiment: string, unit: string, assignment: PromptAssignment, again = false): void {
    const known = this.units.get(experiment) ?? new Map<string, PromptAssignment>();
    this.units.set(experiment, known);
    if (known.has(unit) && !again) return;
    known.set(unit, assignment);
    const key = `${experiment}\n${assignment.stratum}`;
    const counts = this.counts.get(key) ?? {};
    this.counts.set(key, { ...counts, [assignment.version]: (counts[assignment.version] ?? 0) + 1 });
  }

  /** Forgets an experiment that has ended. */
  forget(experiment: string): void {
    this.units.delete(experiment);
    for (const key of this.counts.keys()) if (key.startsWith(`${experiment}\n`)) this.counts.delete(key);
  }
}
