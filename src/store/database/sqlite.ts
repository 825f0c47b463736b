/** SQLite by Node's own driver: one connection, write-ahead log, each commit on the disk before it is acknowledged. */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, type RawBuilder, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import { CroftError } from '../../model/error.ts';
import type { Database, Queries, SchemaWords, Snapshot } from './database.ts';
import type { Tables } from './tables.ts';

/** How long to wait for another writing process, in ms. */
const busyTimeout = 10_000;

/** Primary result codes, https://www.sqlite.org/rescode.html */
const busy = 5;
const full = 13;

const words: SchemaWords = {
  text: 'text',
  integer: 'integer',
  sequence: 'integer primary key autoincrement',
  tableSuffix: ' strict',
};

/** Opens or creates the database file. */
export function openSqlite(path: string): Database {
  // Slices carry user data and keys, so only the owner may access the file; SQLite gives its side files the same mode.
  closeSync(openSync(path, 'a', 0o600));
  const connection = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true });
  try {
    useWriteAheadLog(connection);
    connection.exec('pragma synchronous = full');
    // Deleted user-data and keys are overwritten, not only unlinked. The cost is within the variation between runs.
    connection.exec('pragma secure_delete = on');
  } catch (error) {
    connection.close();
    throw asStoreError(error, path);
  }
  return new SqliteStore(path, connection);
}

/**
 * A change of the journal mode does not wait for a lock as other statements do, so the wait for a process that opens the file at the same
 * moment is here.
 */
function useWriteAheadLog(connection: DatabaseSync): void {
  const deadline = Date.now() + busyTimeout;
  for (;;) {
    try {
      connection.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (resultCode(error) !== busy || Date.now() > deadline) throw error;
      connection.exec('begin immediate; rollback');
    }
  }
}

/** An in-memory database, gone when it is closed. It has no snapshots. */
export function openSqliteInMemory(): Database {
  const inMemory = ':memory:';
  return new SqliteStore(inMemory, new DatabaseSync(inMemory, { enableForeignKeyConstraints: true }));
}

class SqliteStore implements Database {
  readonly dialect = 'sqlite';
  readonly words = words;
  readonly #path: string;
  readonly #connection: DatabaseSync;
  readonly #kysely: Kysely<Tables>;

  constructor(path: string, connection: DatabaseSync) {
    this.#path = path;
    this.#connection = connection;
    this.#kysely = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(connection) }) });
  }

  write<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#transaction(sql`begin immediate`, work);
  }

  read<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#transaction(sql`begin`, work);
  }

  async ask<Result>(statement: (queries: Queries) => Promise<Result>): Promise<Result> {
    try {
      return await statement(this.#kysely);
    } catch (error) {
      throw asStoreError(error, this.#path);
    }
  }

  async #transaction<Result>(begin: RawBuilder<unknown>, work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return await this.#kysely.connection().execute(async (queries) => {
      try {
        await begin.execute(queries);
        const result = await work(queries);
        await sql`commit`.execute(queries);
        return result;
      } catch (error) {
        // SQLite itself has rolled back after some errors, such as a full disk.
        if (this.#connection.isTransaction) await sql`rollback`.execute(queries);
        throw asStoreError(error, this.#path);
      }
    });
  }

  /** On a connection of its own: the write-ahead log lets it read while the other connection writes. */
  async snapshot(): Promise<Snapshot> {
    const connection = new DatabaseSync(this.#path, { timeout: busyTimeout, readOnly: true });
    const kysely = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(connection) }) });
    const queries = await kysely.startTransaction().execute();
    return {
      queries,
      async [Symbol.asyncDispose]() {
        await queries.rollback().execute();
        await kysely.destroy();
      },
    };
  }

  async continueEvents(queries: Queries): Promise<void> {
    // The sequence is there once there was an event.
    await sql`insert into sqlite_sequence (name, seq) select 'events', 0
      where not exists (select 1 from sqlite_sequence where name = 'events')`.execute(queries);
    await sql`update sqlite_sequence set seq = max(seq,
      (select coalesce(max(sequence), 0) from events), (select coalesce(max(events_pruned), 0) from controller))
      where name = 'events'`.execute(queries);
  }

  /** The log still has the deleted content; a checkpoint that truncates the log leaves only the file, where that content is overwritten. */
  async scrub(): Promise<void> {
    await this.#kysely.connection().execute(async (queries) => {
      await sql`pragma wal_checkpoint(truncate)`.execute(queries);
    });
  }

  /** A lock on the file excludes other processes, see occupancy.ts. */
  fence(): void {}

  async close(): Promise<void> {
    await this.#kysely.destroy();
  }
}

/** The number of statements kept per connection: more than there are queries with constant text. */
const mostStatements = 500;
/**
 * Statements with a longer text are lists, usually of another length each time: in the cache they would take memory and displace the
 * others.
 */
const longestText = 4_000;

/** Node's driver in the interface that Kysely's SQLite dialect expects. Preparing a statement costs as much as running a small one. */
function forKysely(connection: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, { statement: StatementSync; reader: boolean }>();
  const prepare = (text: string): { statement: StatementSync; reader: boolean } => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const statement = connection.prepare(text);
    const made = { statement, reader: statement.columns().length > 0 };
    if (text.length > longestText) return made;
    if (prepared.size >= mostStatements) prepared.clear();
    prepared.set(text, made);
    return made;
  };
  return {
    close: () => connection.close(),
    prepare(text): SqliteStatement {
      const { statement, reader } = prepare(text);
      return {
        reader,
        // Node's rows have no prototype, unlike PostgreSQL's rows and all other values that the store returns.
        all: (parameters) => statement.all(...parameters.map(bindable)).map((row) => ({ ...row })),
        run: (parameters) => statement.run(...parameters.map(bindable)),
        // Rows that are read one by one need a statement of their own meanwhile.
        iterate: (parameters) => connection.prepare(text).iterate(...parameters.map(bindable)),
      };
    },
  };
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  throw new TypeError(`a ${typeof value} cannot be stored in SQLite`);
}

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

function asStoreError(error: unknown, path: string): unknown {
  const code = resultCode(error);
  if (code === full) {
    return new CroftError('disk.full', `the disk that holds the database ${path} is full`, {
      hint: 'Free some space there; nothing of this change was stored.',
      cause: error,
    });
  }
  if (code === busy) {
    return new CroftError('unavailable', `another process has held the database ${path} for ${busyTimeout / 1000} s`, {
      hint: 'End the other process, or try again.',
      cause: error,
    });
  }
  return error;
}
