import type { RunStart } from "../record/run-types.js";
import { type Host, recorderOf } from "./run-context.js";

/**
 * Whether what is started inside a host is a part of its run: while that goes on, unless it was given a workflow id of
 * its own. (An id that is the host's was inherited with the rest of the config.) Corrects the start of what is not.
 */
export function isPartOf(host: Host, start: RunStart): boolean {
  const around = recorderOf(host);
  if (start.givenId !== undefined && start.givenId === around.start.seenId) delete start.givenId;
  if (around.isFinished) return false;
  if (start.givenId === undefined) return true;
  if (around.identity) {
    start.parent = { workflowId: around.identity.workflowId };
    if ("recorder" in host) {
      Object.assign(start.parent, { node: host.name, taskId: host.taskId });
      host.graphsSeen = (host.graphsSeen ?? 0) + 1;
    }
  }
  return false;
}
