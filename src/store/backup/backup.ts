/** Backups: all rows as lines of JSON, the same from both databases and for both. */
import { sql } from 'kysely';
import { CroftError } from '../../model/error.ts';
import type { Database, Queries } from '../database/database.ts';
import { readSchemaVersion, schemaVersion } from '../database/migrate.ts';
import { type TableName, tables } from '../database/tables.ts';
import type { BackupStore } from '../store.ts';
import { type BackupRow, readBackup } from './format.ts';

/** Rows read at once. */
const page = 500;

export class SqlBackupStore implements BackupStore {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #restored: () => Promise<void>;

  /** `restored` is called after a restore has been committed. */
  constructor(database: Database, now: () => number, restored: () => Promise<void>) {
    this.#database = database;
    this.#now = now;
    this.#restored = restored;
  }

  async *dump(): AsyncGenerator<string> {
    await using snapshot = await this.#database.snapshot();
    // The moment that a snapshot shows is that of its first query, so this one comes before anything is given out.
    const schema = await readSchemaVersion(snapshot.queries);
    yield JSON.stringify({ croft: 'backup', schema, at: this.#now() });
    let rows = 0;
    for (const table of tableNames) {
      for await (const row of rowsOf(snapshot.queries, table)) {
        yield JSON.stringify({ table, row });
        rows += 1;
      }
    }
    yield JSON.stringify({ rows });
  }

  /** The lines are read to the end before anything is replaced, so that one that comes slowly, or never, holds up nobody. */
  async restore(lines: AsyncIterable<string>): Promise<void> {
    const rows = await readBackup(lines, schemaVersion);
    await this.#database.write(async (queries) => {
      for (const table of tableNames.toReversed()) await queries.deleteFrom(table).execute();
      for (const row of rows) await insert(queries, row);
      await this.#database.continueEvents(queries);
    });
    await this.#restored();
  }
}

const tableNames = Object.keys(tables).filter((name): name is TableName => name in tables);

/** In the order of the primary key. Names of tables and columns come from the description of the tables only. */
async function* rowsOf(queries: Queries, table: TableName): AsyncGenerator<Record<string, unknown>> {
  const columns = Object.keys(tables[table]);
  const [key = ''] = columns;
  const selected = sql.join(columns.map((column) => sql.ref(column)));
  let after: unknown;
  for (;;) {
    const rest = after === undefined ? sql`` : sql`where ${sql.ref(key)} > ${after}`;
    const { rows } = await sql<Record<string, unknown>>`
      select ${selected} from ${sql.table(table)} ${rest} order by ${sql.ref(key)} limit ${page}`.execute(queries);
    yield* rows;
    if (rows.length < page) return;
    after = rows.at(-1)?.[key];
  }
}

async function insert(queries: Queries, { line, table, row }: BackupRow): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  try {
    await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(queries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CroftError('input.invalid', `line ${line} of the backup does not go into table "${table}": ${reason}`, {
      issues: [{ path: table, message: reason, line }],
      cause: error,
    });
  }
}
