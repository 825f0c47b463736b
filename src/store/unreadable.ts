/** Rows that this Croft cannot read: rows of a newer version, or damaged ones. Lists and passes leave them out. */
import { sql } from 'kysely';
import type { CroftError } from '../model/error.ts';
import { asCroftError } from '../model/error.ts';
import type { UnreadableRow } from '../model/unreadable-row.ts';
import type { Queries } from './database/database.ts';
import { forms, isObserved, jsonOf, rowInWords } from './database/json-columns.ts';
import { fullName } from './slice/full-name.ts';

type Row = Readonly<Record<string, unknown>>;

/** One for each value that cannot be read. Reads all rows with such values. */
export async function readUnreadable(queries: Queries): Promise<UnreadableRow[]> {
  const slices = await queries
    .selectFrom('slices')
    .select(['id', fullName.as('name')])
    .execute();
  const sliceNames = new Map<unknown, string>(slices.map(({ id, name }) => [id, name]));
  const found: UnreadableRow[] = [];
  for (const table of formedTables) {
    const { rows } = await sql<Row>`select * from ${sql.table(table)}`.execute(queries);
    for (const row of rows) {
      const subject = rowInWords(table, fullNameOf(table, row, sliceNames));
      for (const { column, error } of errorsIn(table, row)) found.push(describe(subject, table, column, row, error));
    }
  }
  return found;
}

export function unreadableIn(table: string, row: Row): CroftError[] {
  return errorsIn(table, row).map(({ error }) => error);
}

const formedTables = Object.keys(forms).filter((name): name is keyof typeof forms => name in forms);

function errorsIn(table: string, row: Row): { column: string; error: CroftError }[] {
  return jsonOf(table, row).flatMap(({ column, form, text, whose }) => {
    try {
      form.read(text, whose);
      return [];
    } catch (thrown) {
      return [{ column, error: asCroftError(thrown) }];
    }
  });
}

/** With its slice, where it belongs to one. */
function fullNameOf(table: keyof typeof forms, { id, name, slice_id: sliceId }: Row, sliceNames: ReadonlyMap<unknown, string>): unknown {
  if (table === 'slices') return sliceNames.get(id) ?? name;
  const slice = sliceNames.get(sliceId);
  return slice === undefined ? (name ?? id) : `${slice}/${String(name)}`;
}

function describe(subject: string, table: string, column: string, { id, name }: Row, { code, message, hint }: CroftError): UnreadableRow {
  const [key, value] = typeof id === 'string' ? ['id', id] : ['name', String(name)];
  const place = `the column ${column} of the row with ${key} ${value} in the table ${table}`;
  const repair = isObserved(table, column)
    ? 'Nothing need be done: Croft writes it again when it next sees the node.'
    : `Restore a backup of before with \`croft restore\`, or repair the database: ${place}.`;
  return { subject, place, code, message, hint: hint ?? repair };
}
