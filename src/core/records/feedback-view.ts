import type { FeedbackRecord } from "./feedback.js";

/**
 * What raters currently say: a view over feedback facts in order of arrival.
 * - A record that a later one revises or withdraws is out; withdrawals themselves say nothing.
 *   Only the rater who gave a judgement can revise or withdraw it.
 * - Records that repeat a `feedbackId` count once: the first, so that nothing replayed changes a judgement.
 * - What one rater (`userId` and `source`) said of one run or decision at several times is one
 *   judgement: field by field, and rating by rating, the latest value holds. Preferences are one
 *   judgement per pair of runs.
 * @returns one record per judgement, under the id and time of its latest part, in order of that time
 */
export function currentFeedback(records: readonly FeedbackRecord[]): FeedbackRecord[] {
  // What most runs have: one record that nothing can revise but itself.
  const [only] = records;
  if (records.length <= 1 && only?.withdraws === undefined && only?.revises === undefined) return only ? [only] : [];
  const byId = new Map<string, FeedbackRecord>();
  for (const r of records) if (!byId.has(r.feedbackId)) byId.set(r.feedbackId, r);
  const gone = new Set<string>();
  for (const r of byId.values())
    for (const target of [r.revises, r.withdraws])
      if (target !== undefined && byId.get(target)?.userId === r.userId) gone.add(target);

  const ordered = [...byId.values()]
    .map((record, arrival) => ({ record, arrival }))
    .filter(({ record }) => !gone.has(record.feedbackId) && record.withdraws === undefined)
    .sort((a, b) => (a.record.at < b.record.at ? -1 : a.record.at > b.record.at ? 1 : a.arrival - b.arrival));

  const judgements = new Map<string, FeedbackRecord>();
  for (const { record } of ordered) {
    const key = JSON.stringify([
      record.workflowId,
      record.decisionId ?? null,
      record.userId,
      record.source,
      record.preference?.over ?? null,
    ]);
    const earlier = judgements.get(key);
    judgements.delete(key);
    judgements.set(key, earlier ? merged(earlier, record) : record);
  }
  return [...judgements.values()];
}

function merged(earlier: FeedbackRecord, later: FeedbackRecord): FeedbackRecord {
  const out: FeedbackRecord = { ...earlier, ...later };
  if (earlier.ratings && later.ratings) out.ratings = { ...earlier.ratings, ...later.ratings };
  return out;
}
