/** What the store needs of a database, whichever it is: all that differs between SQLite and PostgreSQL is behind this. */
import type { ControlledTransaction, Kysely } from 'kysely';
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
   * Holds the database for a controller, until it is disposed of. Null where another has it. `lost` is called should another
   * have taken it while the connection to the server was away.
   */
  occupy(lost: () => void): Promise<AsyncDisposable | Disposable | null>;
  close(): Promise<void>;
}

export interface Snapshot extends AsyncDisposable {
  readonly queries: ControlledTransaction<Tables>;
}
