/** Where a database is: a file path, or the URL of a PostgreSQL server. Loads no database, since every command reads its settings. */
import { CroftError } from '../model/error.ts';

export function isPostgres(location: string): boolean {
  return /^postgres(ql)?:\/\//.test(location);
}

/** Throws `input.invalid` for the URL of a database that Croft does not know. */
export function checkLocation(location: string): void {
  if (isPostgres(location) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return;
  throw new CroftError('input.invalid', 'the database is neither a file path nor a postgres:// URL');
}
