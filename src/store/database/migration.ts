/** The definition of a migration. */
import type { Kysely } from 'kysely';
import type { SchemaWords } from './database.ts';

/** A migration defines the tables of its own time (`withTables`), or writes SQL. */
export type MigrationQueries = Kysely<Record<never, never>>;

/** A statement, or a function that reads rows and writes them in another shape. The function uses no code that may change later. */
export type MigrationStep = string | ((queries: MigrationQueries) => Promise<void>);

/** The steps that make the next schema, run in one transaction. The one at index n makes schema n + 1. */
export type Migration = (words: SchemaWords) => readonly MigrationStep[];
