import { useEffect, useRef, useState } from "preact/hooks";

/** What is to be confirmed. */
export interface Question {
  title: string;
  /** What follows from it, in a sentence. */
  consequence: string;
  button: string;
  run(why: string): Promise<unknown>;
}

/** Asks once, and for the reason that goes to the history. Esc and Cancel leave everything as it is. */
export function Confirm({ question, onDone }: { question: Question; onDone: (done: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [why, setWhy] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await question.run(why.trim());
      onDone(true);
    } catch (e) {
      setError((e as Error).message);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={() => onDone(false)} aria-labelledby="confirm-title">
      <form onSubmit={send}>
        <h2 id="confirm-title">{question.title}</h2>
        <p>{question.consequence}</p>
        <label>
          Why? It goes to the history with your name.
          <textarea
            required
            rows={2}
            maxLength={400}
            value={why}
            onInput={(e) => setWhy((e.target as HTMLTextAreaElement).value)}
          />
        </label>
        {error && (
          <p class="problem" role="alert">
            {error}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy || why.trim() === ""}>
            {question.button}
          </button>
        </div>
      </form>
    </dialog>
  );
}
