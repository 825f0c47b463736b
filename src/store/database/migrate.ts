/** Upgrades a database to the schema of this program: numbered migrations, each in a transaction of its own. */
import { type RawBuilder, sql } from 'kysely';
import { CroftError } from '../../model/error.ts';
import { migrations } from '../migrations/migrations.ts';
import type { Database, Queries, SchemaWords } from './database.ts';
import type { Migration, MigrationQueries } from './migration.ts';

/** The number of the schema that this program works with. */
export const schemaVersion = migrations.length;

/**
 * Runs the migrations that the database lacks. Processes that start at the same time take turns, and each migration is run by one of
 * them. Rejects with `conflict.changed` where a newer program has migrated the database.
 */
export async function migrate(database: Database, at: () => number, steps: readonly Migration[] = migrations): Promise<void> {
  let pending = true;
  while (pending) pending = await database.write((queries) => migrateOnce(database.words, queries, at(), steps));
}

/** Runs the next migration; false when there is none. The version is read in the transaction that runs it. */
async function migrateOnce(words: SchemaWords, queries: Queries, at: number, steps: readonly Migration[]): Promise<boolean> {
  await statement(
    `create table if not exists migrations (number ${words.integer} primary key, applied_at ${words.integer} not null)${words.tableSuffix}`,
  ).execute(queries);
  const version = await readSchemaVersion(queries);
  if (version > steps.length) throw newerDatabase(version, steps.length);
  const migration = steps[version];
  if (migration === undefined) return false;
  for (const step of migration(words)) {
    if (typeof step === 'string') await statement(step).execute(queries);
    else await step(queries as MigrationQueries);
  }
  await sql`insert into migrations (number, applied_at) values (${version + 1}, ${at})`.execute(queries);
  return version + 1 < steps.length;
}

/** The number of the schema that the database has. */
export async function readSchemaVersion(queries: Queries): Promise<number> {
  const { rows } = await sql<{ version: number }>`select coalesce(max(number), 0) as version from migrations`.execute(queries);
  return rows[0]?.version ?? 0;
}

/** The texts come from the migrations only. */
function statement(text: string): RawBuilder<unknown> {
  return sql.raw(text);
}

function newerDatabase(found: number, known: number): CroftError {
  return new CroftError('conflict.changed', `the database has schema ${found}, this program knows schemas up to ${known}`, {
    hint: 'A newer Croft has used this database. Start that version or a later one.',
  });
}
