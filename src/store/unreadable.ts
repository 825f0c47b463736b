/** Rows that this Croft cannot read: rows of a newer version, or damaged ones. Lists and passes leave them out. */
import { sql } from 'kysely';
import type { CroftError } from '../model/error.ts';
import { asCroftError } from '../model/error.ts';
import type { Queries } from './database/database.ts';
import { forms, jsonOf } from './database/json-columns.ts';

/** An error for each value that cannot be read. Reads all rows with such values. */
export async function readUnreadable(queries: Queries): Promise<CroftError[]> {
  const errors: CroftError[] = [];
  for (const table of Object.keys(forms)) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(queries);
    for (const row of rows) errors.push(...unreadableIn(table, row));
  }
  return errors;
}

export function unreadableIn(table: string, row: Readonly<Record<string, unknown>>): CroftError[] {
  return jsonOf(table, row).flatMap(({ form, text, whose }) => {
    try {
      form.read(text, whose);
      return [];
    } catch (thrown) {
      return [asCroftError(thrown)];
    }
  });
}
