import { useState } from "preact/hooks";
import { post, tell } from "../api.js";

const DIMENSIONS = ["creativity", "usefulness", "novelty", "quality"] as const;

/** What a person has chosen so far; nothing is chosen for them. */
export interface Judgement {
  score?: number;
  thumbs?: "up" | "down";
  comment: string;
  dimensions: Record<string, string>;
}

export const noJudgement = (): Judgement => ({ comment: "", dimensions: {} });

/** Stores a judgement. @returns its id, to take it back */
export async function sendJudgement(workflowId: string, j: Judgement): Promise<string> {
  const given = Object.entries(j.dimensions).filter(([, v]) => v !== "");
  if (given.length > 0 && j.score === undefined) throw new Error("Give an overall score as well, then the details.");
  const dimensions = Object.fromEntries(given.map(([name, v]) => [name, Number(v)]));
  const { feedbackId } = await post<{ feedbackId: string }>("judge", {
    workflowId,
    ...(j.score !== undefined && { cat: { score: j.score, dimensions } }),
    ...(j.thumbs && { thumbs: j.thumbs }),
    ...(j.comment.trim() && { comment: j.comment.trim() }),
  });
  tell(["feedback"]);
  return feedbackId;
}

/** The fields of a judgement. */
export function JudgeFields({ value, onChange }: { value: Judgement; onChange: (j: Judgement) => void }) {
  const [details, setDetails] = useState(false);
  return (
    <>
      <fieldset>
        <legend>Overall, from 1 (poor) to 10 (excellent)</legend>
        <div class="scores">
          {Array.from({ length: 10 }, (_, i) => i + 1).map((n) => (
            <button
              key={n}
              type="button"
              aria-pressed={value.score === n}
              onClick={() => onChange({ ...value, score: value.score === n ? undefined : n })}
            >
              {n}
            </button>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>Or a thumb</legend>
        <div class="thumbs">
          {(["up", "down"] as const).map((t) => (
            <button
              key={t}
              type="button"
              aria-pressed={value.thumbs === t}
              onClick={() => onChange({ ...value, thumbs: value.thumbs === t ? undefined : t })}
            >
              {t === "up" ? "Good" : "Not good"}
            </button>
          ))}
        </div>
      </fieldset>
      {details ? (
        <fieldset>
          <legend>In detail, where you like</legend>
          <div class="filters">
            {DIMENSIONS.map((d) => (
              <label key={d}>
                {d}
                <input
                  type="number"
                  min={1}
                  max={10}
                  step={1}
                  value={value.dimensions[d] ?? ""}
                  onInput={(e) =>
                    onChange({
                      ...value,
                      dimensions: { ...value.dimensions, [d]: (e.target as HTMLInputElement).value },
                    })
                  }
                />
              </label>
            ))}
          </div>
        </fieldset>
      ) : (
        <p>
          <button type="button" class="link" onClick={() => setDetails(true)}>
            Rate creativity, usefulness, novelty and quality as well
          </button>
        </p>
      )}
      <label>
        Comment
        <textarea
          rows={2}
          maxLength={20000}
          value={value.comment}
          onInput={(e) => onChange({ ...value, comment: (e.target as HTMLTextAreaElement).value })}
        />
      </label>
    </>
  );
}
