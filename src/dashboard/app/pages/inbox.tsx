import { useEffect, useRef, useState } from "preact/hooks";
import type { Inbox, InboxItem } from "../../data/inbox.js";
import { get, post, tell, useData } from "../api.js";
import { figure, moment, plural, pretty } from "../format.js";
import { Await, Badge, Empty, Section } from "../parts/basics.js";
import { JudgeFields, noJudgement, sendJudgement } from "../parts/judge-form.js";
import { type PageProps, to } from "../route.js";

const WHY: Record<InboxItem["why"], string> = {
  asked: "you were asked",
  other: "somebody else was asked",
  second: "a second look",
  unjudged: "not judged yet",
};

/** A held run is taken again so often, while it stays before a person. */
const HOLD_AGAIN_MS = 120_000;

interface Done {
  workflowId: string;
  feedbackId?: string;
}

/** Runs that wait for a judgement, one after the other, by keyboard. */
export function InboxPage({ me }: PageProps) {
  const inbox = useData<Inbox>("inbox");
  const [queue, setQueue] = useState<InboxItem[]>([]);
  const [done, setDone] = useState<Done[]>([]);
  const [value, setValue] = useState(noJudgement);
  const [said, setSaid] = useState<{ text: string; bad?: boolean }>();
  const [judged, setJudged] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  useEffect(() => {
    if (!inbox.data) return;
    const gone = new Set(done.map((d) => d.workflowId));
    setQueue(inbox.data.items.filter((i) => !gone.has(i.workflowId)));
  }, [inbox.data]);
  const item = queue[0];
  const mayJudge = me.may.includes("judge");
  const shownId = item?.workflowId;
  useEffect(() => {
    if (!shownId || !mayJudge) return;
    // Nobody else is given the run meanwhile; one that another person has already makes way for the next.
    const take = () =>
      void post<{ held: boolean }>("hold", { workflowId: shownId }).then(
        ({ held }) => held || setQueue((q) => q.filter((i) => i.workflowId !== shownId)),
        (e: Error) => setSaid({ text: e.message, bad: true }),
      );
    take();
    const again = setInterval(take, HOLD_AGAIN_MS);
    return () => clearInterval(again);
  }, [shownId, mayJudge]);

  const next = (entry: Done, text: string) => {
    setDone((d) => [...d, entry]);
    setQueue((q) => q.slice(1));
    setValue(noJudgement());
    setSaid({ text });
    if (queue.length <= 1) inbox.reload();
  };
  const send = async () => {
    if (!item || busy.current) return;
    busy.current = true;
    try {
      const feedbackId = await sendJudgement(item.workflowId, value);
      setJudged((n) => n + 1);
      next({ workflowId: item.workflowId, feedbackId }, "Stored.");
    } catch (e) {
      setSaid({ text: (e as Error).message, bad: true });
    }
    busy.current = false;
  };
  const skip = () => item && next({ workflowId: item.workflowId }, "Skipped.");
  const undo = async () => {
    const last = done.at(-1);
    if (!last || busy.current) return;
    busy.current = true;
    try {
      if (last.feedbackId) {
        await post("undo", last as unknown as Record<string, unknown>);
        setJudged((n) => n - 1);
        tell(["feedback"]);
      }
      const again =
        inbox.data?.items.find((i) => i.workflowId === last.workflowId) ??
        (await get<Inbox>("inbox")).items.find((i) => i.workflowId === last.workflowId);
      setDone((d) => d.slice(0, -1));
      if (again) setQueue((q) => [again, ...q.filter((i) => i.workflowId !== again.workflowId)]);
      setSaid({ text: "Taken back." });
    } catch (e) {
      setSaid({ text: (e as Error).message, bad: true });
    }
    busy.current = false;
  };
  const keys = useRef<(e: KeyboardEvent) => void>(() => undefined);
  keys.current = (e) => {
    const target = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^(textarea|input|select)$/i.test(target.tagName)) {
      if (e.key === "Escape") target.blur();
      return;
    }
    if (!mayJudge || document.querySelector("dialog[open]")) return;
    const score = e.key === "0" ? 10 : Number(e.key);
    if (item && /^\d$/.test(e.key)) setValue((v) => ({ ...v, score }));
    else if (item && e.key === "u") setValue((v) => ({ ...v, thumbs: "up" }));
    else if (item && e.key === "d") setValue((v) => ({ ...v, thumbs: "down" }));
    else if (item && e.key === "c") {
      form.current?.querySelector("textarea")?.focus();
      e.preventDefault();
    } else if (item && e.key === "s") skip();
    else if (e.key === "z") void undo();
    else if (item && e.key === "Enter" && !/^(a|button|summary)$/i.test(target.tagName)) void send();
  };
  useEffect(() => {
    const listener = (e: KeyboardEvent) => keys.current(e);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);

  return (
    <>
      <h1 tabIndex={-1}>Feedback</h1>
      <Await of={inbox}>
        {(i) => (
          <>
            <p class="lead">
              {plural(i.waiting, "request")} {i.waiting === 1 ? "waits" : "wait"}, {i.mine} for you. You judged{" "}
              {i.doneToday + judged} today.
              {i.agreement &&
                ` Raters agree to ${figure(i.agreement.alpha)} (Krippendorff's alpha) over ${plural(i.agreement.runs, "run")}; 1 is full agreement, 0 is chance.`}
            </p>
            {!mayJudge && <p class="problem">You may read this, but not judge.</p>}
            {item ? (
              <div class="two">
                <Item item={item} left={queue.length} />
                {mayJudge && (
                  <Section title="Your judgement">
                    <form
                      ref={form}
                      onSubmit={(e) => {
                        e.preventDefault();
                        void send();
                      }}
                    >
                      <JudgeFields value={value} onChange={setValue} />
                      <div class="buttons">
                        <button type="submit" class="primary">
                          Send
                        </button>
                        <button type="button" onClick={skip}>
                          Skip
                        </button>
                        <button type="button" onClick={undo} disabled={done.length === 0}>
                          Undo
                        </button>
                      </div>
                      {said && (
                        <p class={said.bad ? "problem" : "good"} role={said.bad ? "alert" : "status"}>
                          {said.text}
                        </p>
                      )}
                    </form>
                    <p class="small quiet">
                      <kbd>1</kbd>–<kbd>9</kbd>, <kbd>0</kbd> for 10 · <kbd>u</kbd> good · <kbd>d</kbd> not good ·{" "}
                      <kbd>c</kbd> comment, <kbd>Esc</kbd> leaves it · <kbd>Enter</kbd> send · <kbd>s</kbd> skip ·{" "}
                      <kbd>z</kbd> undo
                    </p>
                  </Section>
                )}
              </div>
            ) : (
              <Section title="All done">
                <Empty>Nothing waits for a judgement.</Empty>
                {done.length > 0 && (
                  <button type="button" onClick={undo}>
                    Undo the last
                  </button>
                )}
              </Section>
            )}
          </>
        )}
      </Await>
    </>
  );
}

function Item({ item, left }: { item: InboxItem; left: number }) {
  return (
    <Section
      title={item.type ?? "A run"}
      aside={
        <span>
          <Badge tone={item.why === "asked" ? "warn" : undefined}>{WHY[item.why]}</Badge>{" "}
          <span class="quiet">{left} here</span>
        </span>
      }
    >
      <p class="small quiet">
        <a href={to("run", { id: item.workflowId })}>{item.workflowId}</a>
        {item.startedAt && ` · ${moment(item.startedAt)}`}
        {item.askedOf && ` · ${item.askedOf} was asked ${moment(item.askedAt)}`}
      </p>
      {item.error && <p class="problem">{item.error}</p>}
      <h3>Input</h3>
      {item.input === undefined ? (
        <Empty>Not captured (option captureState).</Empty>
      ) : (
        <pre tabIndex={0}>{pretty(item.input)}</pre>
      )}
      <h3>Result</h3>
      {item.output === undefined ? (
        <Empty>Not captured (option captureState).</Empty>
      ) : (
        <pre tabIndex={0}>{pretty(item.output)}</pre>
      )}
      <h3>Path</h3>
      <p>{item.path.join(" → ") || "–"}</p>
    </Section>
  );
}
