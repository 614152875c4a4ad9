/**
 * A function put into the configs of one task's attempts in place of LangGraph's. That of a further attempt is made from
 * that of the one before: what is found there may be the stand-in. A node sees its config, so the function bears no mark.
 */
export class StandIn<F> {
  private own: F | undefined;
  private original: F | undefined;

  /** The function that LangGraph gave, whatever stands for it. */
  originalOf(given: F): F {
    return this.original !== undefined && given === this.own ? this.original : given;
  }

  set(own: F, original: F): F {
    this.own = own;
    this.original = original;
    return own;
  }
}
