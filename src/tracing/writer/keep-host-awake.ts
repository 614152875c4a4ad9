import { ignoreRejection, type Logger, messageOf } from "../../core/index.js";

/** Gives a host's `waitUntil` the writing of what waits. A failure on either side is only told. */
export function keepHostAwake(
  waitUntil: (writing: Promise<void>) => void,
  writing: Promise<void>,
  logger: Logger,
): void {
  // The writer counts and tells what fails; a rejection would end the host.
  const settled = writing.catch(() => {});
  try {
    ignoreRejection(waitUntil(settled));
  } catch (error) {
    logger.warn("waitUntil failed", { reason: messageOf(error) });
  }
}
