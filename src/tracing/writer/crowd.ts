/** Tells a program that never lets the event loop turn, so that no write can end, from a store that hangs. */
export class Crowd {
  private since: { turned: boolean } | undefined;

  /** To be told at each addition whether the buffer is more than half full. */
  note(isCrowded: boolean): void {
    if (!isCrowded) this.since = undefined;
    else if (!this.since) {
      const since = { turned: false };
      this.since = since;
      setImmediate(() => {
        since.turned = true;
      });
    }
  }

  /** Whether the event loop has not turned since the buffer was half full. */
  get isTight(): boolean {
    return this.since?.turned === false;
  }
}
