import { changeWord, moment } from "../format.js";
import { Empty } from "./basics.js";

/** What happened to a decision point, and why. */
export function Changes({
  events,
}: {
  events: readonly { at: string; action: string; version?: string | undefined; reason: string }[];
}) {
  if (events.length === 0) return <Empty>Nothing yet.</Empty>;
  return (
    <ul class="list">
      {events.map((e, i) => (
        <li key={`${e.at} ${i}`}>
          <span class="quiet small">{moment(e.at)}</span> <b>{changeWord(e.action)}</b> {e.version ?? "the fallback"}:{" "}
          {e.reason}
        </li>
      ))}
    </ul>
  );
}
