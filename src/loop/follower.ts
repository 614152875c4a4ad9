import { LearningError, messageOf, oneAtATime, show } from "../core/index.js";
import type { ModeSetting } from "../routing/index.js";
import { type LoopParts, MODES_KEY, modesIn } from "./parts.js";

/** How often a process looks for what others promoted, rolled back or set by hand over the same store. */
const FOLLOW_MS = 10_000;

/**
 * What processes over one store share beside facts: promotions, roll-backs, pins, decision points, and
 * the modes set by hand. Changes are made one after the other.
 */
export class LoopFollower {
  private stopped = false;
  private cancel?: () => void;
  private unwatch?: () => void;
  private isAsked = false;
  private readonly inTurn = oneAtATime();

  constructor(
    private readonly parts: Pick<LoopParts, "clock" | "engine" | "logger" | "store" | "unusable">,
    private readonly setMode: (decisionPoint: string, mode: ModeSetting) => void,
    /** Called each time it has looked by itself; it waits for nothing. */
    private readonly onLooked: () => void = () => {},
  ) {}

  /** Keeps up with the other processes from here on. */
  start(): void {
    // Where the store tells of changes, nobody waits for the timer; asked again meanwhile, one more look is enough.
    this.unwatch ??= this.parts.store.listen?.(() => {
      if (this.isAsked) return;
      this.isAsked = true;
      void this.catchUp();
    });
    this.cancel = this.parts.clock.schedule(() => {
      void this.catchUp().then(() => {
        if (this.stopped) return;
        this.onLooked();
        this.start();
      });
    }, FOLLOW_MS);
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    this.unwatch?.();
    await this.inTurn(() => {});
  }

  /** Sets a mode here, and for all others; where there is no storage it is said that it holds here only. */
  async changeMode(decisionPoint: string, mode: ModeSetting): Promise<void> {
    if (!["auto", "shadow", "advise", "trial", "act"].includes(mode)) {
      throw new LearningError("CONFIG_INVALID", {
        received: `the mode ${show(mode)}`,
        expected: "auto, trial, shadow, advise or act",
        remedy: "Choose one of these.",
      });
    }
    return this.inTurn(async () => {
      this.setMode(decisionPoint, mode);
      const { store, logger, unusable } = this.parts;
      const { documents } = store;
      if (unusable !== undefined) logger.warn("the mode holds in this process only", { decisionPoint, mode, unusable });
      await modesIn(documents).update(MODES_KEY, (m) => ({ ...m, [decisionPoint]: mode }));
    });
  }

  /** Takes over what they changed, now. A failure is told, and tried again the next time. */
  async catchUp(): Promise<void> {
    try {
      await this.inTurn(async () => {
        if (this.stopped) return;
        this.isAsked = false;
        const { engine, store } = this.parts;
        await engine.catchUp();
        const modes = (await modesIn(store.documents).get(MODES_KEY)) ?? {};
        for (const [point, mode] of Object.entries(modes)) this.setMode(point, mode);
      });
    } catch (error) {
      this.parts.logger.warn("what other processes changed cannot be read now", { error: messageOf(error) });
    }
  }
}
