import type { DocumentStore } from "../../store/index.js";
import { PagedBook } from "./paged-book.js";
import type { FeedbackRequest } from "./request-types.js";

const DAY_MS = 86_400_000;
/** So many requests of a person's day are noted where there is no limit, for other processes that have one. */
const NOTED_WITHOUT_LIMIT = 20;

/** What one person was asked within the last day: when, in milliseconds since 1970, by requestId. */
interface PersonsDay {
  userId: string;
  asked: Record<string, number>;
}

/** Counts the requests of each person's last 24 hours, over all processes of a store. */
export class AskedToday {
  private readonly days: PagedBook<PersonsDay>;

  /** @param limit requests that are counted per person at most */
  constructor(
    documents: DocumentStore,
    private readonly limit: number,
  ) {
    this.days = new PagedBook(documents, { name: "feedback-asked", idOf: ({ userId }) => String(userId) });
  }

  /** How many requests a person got within the last day, `requestId` aside. */
  async count(userId: string, requestId: string, now: number): Promise<number> {
    return countIn(await this.days.find(userId), requestId, now);
  }

  /**
   * Notes a request before it is made, where `mayAsk` says so of the count without it: of several processes that take
   * the last one of a day, one gets it. One that is then not made, because its process died, counts all the same.
   */
  async take(userId: string, requestId: string, now: number, mayAsk: (today: number) => boolean): Promise<boolean> {
    return this.days.change(userId, (people) => {
      const known = people.find((p) => p.userId === userId);
      const isTaken = known !== undefined && isToday(known.asked?.[requestId], now);
      if (!isTaken && !mayAsk(countIn(known, requestId, now))) return false;
      const person = known ?? { userId, asked: {} };
      if (!known) people.push(person);
      person.asked = { ...person.asked, [requestId]: person.asked?.[requestId] ?? now };
      const kept = Number.isFinite(this.limit) ? Math.max(1, this.limit) : NOTED_WITHOUT_LIMIT;
      const noted = people.map((p) => ({ ...p, asked: ofToday(p, now, kept) }));
      people.splice(0, people.length, ...noted.filter((p) => Object.keys(p.asked).length > 0));
      return true;
    });
  }

  /** Drops what is kept of a person. */
  async forget(userId: string): Promise<void> {
    await this.days.changeAll(
      (p) => p.userId === userId,
      (people) => people.splice(0, people.length, ...people.filter((p) => p.userId !== userId)),
    );
  }

  /** Counts some requests no more. */
  async give(requests: readonly FeedbackRequest[]): Promise<void> {
    for (const { userId, requestId } of requests)
      await this.days.change(userId, (people) => {
        for (const p of people) if (p.userId === userId && p.asked) delete p.asked[requestId];
      });
  }

  /** Counts the requests of the last day among some that were made without a note here. */
  async countIn(requests: readonly FeedbackRequest[], now: number): Promise<void> {
    const people = new Map<string, PersonsDay>();
    const today = requests.filter((r) => isToday(Date.parse(r.askedAt), now));
    for (const { userId, requestId, askedAt } of today) {
      const person = people.get(userId) ?? { userId, asked: {} };
      person.asked[requestId] = Date.parse(askedAt);
      people.set(userId, person);
    }
    if (await this.days.begin([...people.values()])) return;
    for (const { userId, requestId, askedAt } of today)
      await this.take(userId, requestId, Math.min(now, Date.parse(askedAt)), () => true);
  }
}

function isToday(at: number | undefined, now: number): boolean {
  return at !== undefined && at > now - DAY_MS;
}

function countIn(person: PersonsDay | undefined, requestId: string, now: number): number {
  return Object.entries(person?.asked ?? {}).filter(([id, at]) => id !== requestId && isToday(at, now)).length;
}

function ofToday(person: PersonsDay, now: number, kept: number): Record<string, number> {
  const today = Object.entries(person.asked ?? {}).filter(([, at]) => isToday(at, now));
  return Object.fromEntries(today.slice(-kept));
}
