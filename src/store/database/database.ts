/** What the store needs of a database, whichever it is: all that differs between SQLite and PostgreSQL is behind this. */
import type { ControlledTransaction, Kysely } from 'kysely';
import type { Leader } from '../../model/leader.ts';
import type { Tables } from './tables.ts';

/** Queries inside one transaction. */
export type Queries = Kysely<Tables>;

/** How a migration writes what the databases name differently. */
export interface SchemaWords {
  text: string;
  integer: string;
  /** The definition of a primary key that the database counts up and never gives out twice. */
  sequence: string;
  /** What stands after the closing bracket of a table. */
  tableSuffix: string;
}

/** How the parts of the store reach the database. */
export interface Transactions {
  /**
   * Runs `work` in a transaction that writes. At most one runs at a time, over all processes, so what it has read stays
   * true until it commits, and commits become visible in the order of their sequences. Must not be nested.
   * `work` may run again where the database asks for it.
   */
  write<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Runs `work` in a transaction that sees one moment of the database. Must not be nested in `write`. */
  read<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Runs one statement, which sees one moment by itself. */
  ask<Result>(statement: (queries: Queries) => Promise<Result>): Promise<Result>;
  /** Takes what was deleted out of the database's files too, as far as nothing that reads is in the way. */
  scrub(): Promise<void>;
}

export interface Database extends Transactions {
  readonly dialect: 'sqlite' | 'postgres';
  readonly words: SchemaWords;
  /** Like `read`, but open until the caller ends it, and never in the way of the others. Shows the moment of the first query. */
  snapshot(): Promise<Snapshot>;
  /** Makes the next sequence of events follow the highest there is. */
  continueEvents(queries: Queries): Promise<void>;
  /**
   * From now on a write is refused with `controller.standby` where another controller has registered as leader since: see
   * LeaderStore. Where only one process can have the database at a time there is none.
   */
  fence(epoch: number): void;
  close(): Promise<void>;
}

export interface Snapshot extends AsyncDisposable {
  readonly queries: ControlledTransaction<Tables>;
}

/** The controller that has a database, which hears what becomes of its hold. */
export interface Occupant {
  /** The connection that holds it is lost, and another may take it: nothing may be done on nodes until `resumed`. */
  suspended(): void;
  resumed(): void;
  /** Another has it, or stands by and takes it. */
  lost(): void;
  /** See LeaderStore. */
  isCurrent(): Promise<boolean>;
}

/** How a controller stands by. */
export interface StandBy {
  /** It is no longer wanted. */
  signal: AbortSignal;
  /** Who leads meanwhile, again and again. */
  seen(leader: Leader | null): void;
  /** The server cannot be asked; told once until it can. */
  failed(error: unknown): void;
}
