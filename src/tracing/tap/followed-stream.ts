import type { RunRecorder } from "../record/run-recorder.js";

/** Is told how a run ended. */
type TellEnd = (recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }) => void;

/**
 * A run's stream that tells its end, whichever way it ends. It hands out the stream's own promises: a
 * generator around the generator would cost each chunk several turns of the event loop. Nothing is listened to
 * from the beginning of the run's loop to its end: a failure before the loop shows in the first chunk asked for.
 */
export class FollowedStream {
  /** What is followed; set before it is asked for a chunk. */
  stream!: AsyncGenerator<unknown>;
  private last: Promise<IteratorResult<unknown>> | undefined;
  private isHeard = true;
  /** The loop's failure, which ends the stream. */
  private failure: { error: unknown } | undefined;

  constructor(
    readonly recorder: RunRecorder,
    private readonly end: TellEnd,
  ) {}

  loopBegins(): void {
    this.isHeard = false;
  }

  /** What was asked for last, and all that is asked for from now on, may be the end of the stream. */
  loopEnds(failure?: { error: unknown }): void {
    this.isHeard = true;
    this.failure = failure;
    if (this.last) this.follow(this.last, this.onResult);
  }

  next(value: unknown): Promise<IteratorResult<unknown>> {
    const step = this.stream.next(value);
    this.last = step;
    return this.isHeard ? this.follow(step, this.onResult) : step;
  }

  return(value: unknown): Promise<IteratorResult<unknown>> {
    return this.follow(this.stream.return(value), this.left);
  }

  throw(error: unknown): Promise<IteratorResult<unknown>> {
    return this.follow(this.stream.throw(error), this.left);
  }

  private follow<R>(step: Promise<R>, then: (result: R) => void): Promise<R> {
    step.then(then, this.onError);
    return step;
  }

  private readonly onResult = ({ done }: IteratorResult<unknown>): void => {
    if (done) this.end(this.recorder, { ok: this.failure === undefined, ...this.failure });
  };

  private readonly onError = (error: unknown): void => this.end(this.recorder, { ok: false, error });

  private readonly left = (): void => this.end(this.recorder, { ok: false });
}

// To all who ask, it is an async generator.
Object.setPrototypeOf(FollowedStream.prototype, Object.getPrototypeOf((async function* () {})()) as object);
