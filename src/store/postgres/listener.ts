import { type Clock, type Logger, messageOf, newId } from "../../core/index.js";
import { TOLD } from "./documents.js";
import { connectionFrom, connectionsOf, type PostgresClient, type PostgresPool, quoted, type Sql } from "./sql.js";

/** What {@link RegistryListener} works with. */
export interface ListenerParts {
  pool: PostgresPool;
  sql: Sql;
  channel: string;
  clock: Clock;
  logger: Logger;
}

/** How often is looked where notifications do not come through, and how often it is tried to get them. */
const POLL_MS = 1000;
const RETRY_MS = 30_000;
/** A notification of one's own is back sooner than this, or none will come: a pooler stands between. */
const ECHO_MS = 2000;

/** Connections that the stores over a pool listen by: the last one is left to all who read and write. */
const listening = new WeakMap<PostgresPool, number>();

/**
 * Tells when the registry was changed, by whomever: by LISTEN over a connection of its own, and where that does not
 * come through (a transaction-mode pooler, a lost connection, a pool of one) by looking every second.
 */
export class RegistryListener {
  private readonly listeners = new Set<() => void>();
  private client: PostgresClient | undefined;
  private holdsPlace = false;
  /** Grows when it is paused: what was begun before is over. */
  private turn = 0;
  private isHeard = false;
  private seen: string | undefined;
  private stopped = false;
  private cancelPoll: (() => void) | undefined;
  private cancelRetry: (() => void) | undefined;

  constructor(private readonly parts: ListenerParts) {}

  /** Calls the listener after changes; returns what ends that. */
  add(listener: () => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      void this.listen();
      this.planPoll();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.pause();
    };
  }

  /** Whether notifications come through; else it is looked for changes. */
  get hears(): boolean {
    return this.isHeard;
  }

  stop(): void {
    this.stopped = true;
    this.pause();
  }

  private pause(): void {
    this.turn++;
    this.cancelPoll?.();
    this.cancelRetry?.();
    this.letGo();
  }

  private letGo(): void {
    this.isHeard = false;
    this.client?.release(true);
    this.client = undefined;
    if (this.holdsPlace) this.countPlace(-1);
    this.holdsPlace = false;
  }

  /** Whether a connection of the pool may be held: other stores may listen over the same one. */
  private takePlace(): boolean {
    if (!this.holdsPlace && (listening.get(this.parts.pool) ?? 0) + 1 < connectionsOf(this.parts.pool)) {
      this.holdsPlace = true;
      this.countPlace(1);
    }
    return this.holdsPlace;
  }

  private countPlace(change: number): void {
    const { pool } = this.parts;
    listening.set(pool, (listening.get(pool) ?? 0) + change);
  }

  private get isWanted(): boolean {
    return !this.stopped && this.listeners.size > 0;
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private async listen(): Promise<void> {
    const { pool, channel, clock, logger } = this.parts;
    if (!this.takePlace()) return this.planRetry();
    const lost = (client: PostgresClient) => () => {
      if (this.client === client) this.letGo();
    };
    try {
      const { turn } = this;
      const client = await connectionFrom(pool);
      if (turn !== this.turn) return client.release(true);
      this.client = client;
      client.unref?.();
      client.on("error", lost(client));
      client.on("end", lost(client));
      const echo = newId();
      client.on("notification", (message) => {
        const { payload } = message as { payload?: string };
        if (payload === echo) this.isHeard = true;
        // The echo tells as well: what changed before it was not heard.
        if (payload === echo || payload === "") this.tell();
      });
      await client.query({ text: `LISTEN ${quoted(channel)}`, query_timeout: ECHO_MS });
      await client.query({ text: "SELECT pg_notify($1, $2)", values: [channel, echo], query_timeout: ECHO_MS });
    } catch (error) {
      logger.debug("no notifications of the registry for now", { error: messageOf(error) });
      this.letGo();
    }
    if (!this.isWanted) return this.letGo();
    this.cancelRetry = clock.schedule(() => {
      if (this.isHeard) return this.planRetry();
      // A connection that does not hear is of no use to anybody else while it is held.
      this.letGo();
      this.planRetry();
    }, ECHO_MS);
  }

  private planRetry(): void {
    this.cancelRetry = this.parts.clock.schedule(() => {
      if (!this.isWanted) return;
      if (this.client) this.planRetry();
      else void this.listen();
    }, RETRY_MS);
  }

  private planPoll(): void {
    this.cancelPoll = this.parts.clock.schedule(() => {
      void this.poll().then(() => {
        if (this.isWanted) this.planPoll();
      });
    }, POLL_MS);
  }

  private async poll(): Promise<void> {
    if (this.isHeard) {
      this.seen = undefined;
      return;
    }
    const { sql, logger } = this.parts;
    try {
      const { rows } = await sql.query<{ state: string }>(
        "looking for changes of the registry",
        `SELECT count(*) || '/' || coalesce(sum(version), 0) AS state FROM ${sql.schema}.documents
         WHERE key >= $1 AND key < $2`,
        [TOLD, `${TOLD.slice(0, -1)}0`],
      );
      const state = rows[0]?.state;
      // Between hearing and looking something may have been missed: the first look tells as well.
      if (state !== this.seen) this.tell();
      this.seen = state;
    } catch (error) {
      logger.debug("the registry cannot be looked at now", { error: messageOf(error) });
    }
  }
}
