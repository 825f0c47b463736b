/** The rows of any table: read in pages, and inserted as a backup contains them. */
import { sql } from 'kysely';
import { CroftError } from '../../model/error.ts';
import type { Queries } from '../database/database.ts';
import { type TableName, tables } from '../database/tables.ts';
import { unreadableIn } from '../unreadable.ts';
import type { BackupRow, BackupValue } from './format.ts';

/** Rows read at once. */
const page = 500;

export const tableNames = Object.keys(tables).filter((name): name is TableName => name in tables);

/** In the order of the primary key. Names of tables and columns come from the description of the tables only. */
export async function* rowsOf(queries: Queries, table: TableName): AsyncGenerator<Record<string, BackupValue>> {
  const columns = Object.keys(tables[table]);
  const [key = ''] = columns;
  const selected = sql.join(columns.map((column) => sql.ref(column)));
  let after: unknown;
  for (;;) {
    const rest = after === undefined ? sql`` : sql`where ${sql.ref(key)} > ${after}`;
    const { rows } = await sql<Record<string, BackupValue>>`
      select ${selected} from ${sql.table(table)} ${rest} order by ${sql.ref(key)} limit ${page}`.execute(queries);
    yield* rows;
    if (rows.length < page) return;
    after = rows.at(-1)?.[key];
  }
}

/** Throws `input.invalid` that names the line of what this Croft could not read. */
export function refuseUnreadable({ line, table, row }: BackupRow): void {
  const [error] = unreadableIn(table, row);
  if (error !== undefined) throw refused({ line, table }, error.message, error);
}

/** Rejects with `input.invalid` that names the line. */
export async function insertRow(queries: Queries, { line, table, row }: BackupRow): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  try {
    await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(queries);
  } catch (error) {
    throw refused({ line, table }, error instanceof Error ? error.message : String(error), error);
  }
}

function refused({ line, table }: Pick<BackupRow, 'line' | 'table'>, reason: string, cause: unknown): CroftError {
  const where = line === null ? 'a row' : `line ${line}`;
  return new CroftError('input.invalid', `${where} of the backup does not go into table "${table}": ${reason}`, {
    issues: [{ path: table, message: reason, ...(line === null ? {} : { line }) }],
    cause,
  });
}
