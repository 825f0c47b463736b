/** The interface that the store needs of a database: all differences between SQLite and PostgreSQL are behind it. */
import type { ControlledTransaction, Kysely } from 'kysely';
import type { Leader } from '../../model/leader.ts';
import type { Tables } from './tables.ts';

/** Queries inside one transaction. */
export type Queries = Kysely<Tables>;

/** How a migration writes syntax that differs between the databases. */
export interface SchemaWords {
  text: string;
  integer: string;
  /** The definition of a primary key that the database increments and never assigns twice. */
  sequence: string;
  /** The text after the closing bracket of a table. */
  tableSuffix: string;
}

/** How the parts of the store reach the database. */
export interface Transactions {
  /**
   * Runs `work` in a transaction that writes. At most one such transaction runs at a time, over all processes, so the values read stay
   * true until the commit, and commits become visible in the order of their sequences. Must not be nested. `work` may run again where the
   * database requires it.
   */
  write<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Runs `work` in a transaction that sees one moment of the database. Must not be nested in `write`. */
  read<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Runs one statement, which sees a single moment of the database. */
  ask<Result>(statement: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Removes deleted content from the database's files too, as far as no reader is in the way. */
  scrub(): Promise<void>;
}

export interface Database extends Transactions {
  readonly dialect: 'sqlite' | 'postgres';
  readonly words: SchemaWords;
  /** Like `read`, but open until the caller ends it, without blocking other transactions. Shows the moment of the first query. */
  snapshot(): Promise<Snapshot>;
  /** Makes the next sequence of events higher than each that there is or ever was, so that no reader's cursor stands before it. */
  continueEvents(queries: Queries): Promise<void>;
  /**
   * From now on a write is refused with `controller.standby` where another controller has registered as leader since: see LeaderStore.
   * Without effect where only one process can have the database at a time.
   */
  fence(epoch: number): void;
  close(): Promise<void>;
}

export interface Snapshot extends AsyncDisposable {
  readonly queries: ControlledTransaction<Tables>;
}

/** The controller that holds a database, and is notified of changes to its hold. */
export interface Occupant {
  /** The connection of the hold is lost, and another controller may take the database: nothing may be done on nodes until `resumed`. */
  suspended(): void;
  resumed(): void;
  /** Another controller has the database, or stands by and takes it. */
  lost(): void;
  /** See LeaderStore. */
  isCurrent(): Promise<boolean>;
}

/** How a controller stands by. */
export interface StandBy {
  /** Aborts where standing by is no longer wanted. */
  signal: AbortSignal;
  /** Reports the present leader, repeatedly. */
  seen(leader: Leader | null): void;
  /** The server cannot be reached; reported once until it can be. */
  failed(error: unknown): void;
}
