import { messageOf } from "../../core/index.js";
import type { Source } from "../data/source.js";

/** How often it is looked for something new, in milliseconds. */
const LOOK_MS = 2_000;
/** Streams at once; a page that was left open in many tabs must not use the process up. */
const MOST_STREAMS = 32;

/** Tells open pages when something changed, by server-sent events. */
export class Live {
  private open = 0;

  constructor(private readonly source: Source) {}

  /** A stream of `changed` events, each with the names of what changed. Ends when the reader is gone. */
  stream(): Response {
    if (this.open >= MOST_STREAMS) return new Response("Too many open pages", { status: 503 });
    this.open++;
    const { clock, logger, store } = this.source.loop.inspect;
    const text = new TextEncoder();
    let cancel: (() => void) | undefined;
    let unwatch: (() => void) | undefined;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      cancel?.();
      unwatch?.();
      this.open--;
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        let known: Record<string, string> | undefined;
        const look = async () => {
          try {
            const now = await this.fingerprint();
            if (ended) return;
            const before = known;
            known = now;
            const changed = before ? Object.keys(now).filter((k) => now[k] !== before[k]) : [];
            controller.enqueue(
              text.encode(
                changed.length > 0 ? `event: changed\ndata: ${JSON.stringify(changed)}\n\n` : ": still here\n\n",
              ),
            );
          } catch (error) {
            logger.debug("a live page could not be told of changes", { error: messageOf(error) });
          }
          if (!ended) cancel = clock.schedule(look, LOOK_MS);
        };
        controller.enqueue(text.encode("retry: 3000\n\n"));
        unwatch = store.listen?.(() => {
          if (!ended) controller.enqueue(text.encode('event: changed\ndata: ["policies"]\n\n'));
        });
        void look();
      },
      cancel: end,
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
    });
  }

  private async fingerprint(): Promise<Record<string, string>> {
    const { loop } = this.source;
    const status = await loop.getLearningStatus();
    const newest = async (kind: "trace" | "feedback") => {
      for await (const { facts } of loop.inspect.store.read(kind, { latest: true, limit: 1 })) {
        const fact = facts[0];
        if (fact) return "segmentId" in fact ? fact.segmentId : fact.feedbackId;
      }
      return "";
    };
    return {
      runs: await newest("trace"),
      feedback: await newest("feedback"),
      policies: `${loop.registry.history().length} ${JSON.stringify(status.decisionPoints.map((p) => [p.mode, p.champion, p.pinned]))}`,
      cycle: `${status.lastCycle?.startedAt} ${status.cycleRunning}`,
    };
  }
}
