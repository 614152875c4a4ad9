import { useState } from "preact/hooks";
import { post, tell } from "../api.js";

/** Puts a run into another person's inbox. */
export function AssignForm({ workflowId }: { workflowId: string }) {
  const [name, setName] = useState("");
  const [said, setSaid] = useState<{ text: string; bad?: boolean }>();
  const ask = async (e: Event) => {
    e.preventDefault();
    try {
      await post("assign", { workflowId, userId: name.trim() });
      setSaid({ text: `${name.trim()} finds it first in the inbox.` });
      setName("");
      tell(["feedback"]);
    } catch (problem) {
      setSaid({ text: (problem as Error).message, bad: true });
    }
  };
  return (
    <form class="filters" onSubmit={ask}>
      <label>
        Ask somebody to judge it
        <input
          maxLength={200}
          placeholder="name"
          value={name}
          onInput={(e) => setName((e.target as HTMLInputElement).value)}
        />
      </label>
      <button type="submit" disabled={name.trim() === ""}>
        Ask
      </button>
      {said && (
        <p class={said.bad ? "problem" : "good"} role={said.bad ? "alert" : "status"}>
          {said.text}
        </p>
      )}
    </form>
  );
}
