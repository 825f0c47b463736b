/** What a migration is. */
import type { Kysely } from 'kysely';
import type { SchemaWords } from './database.ts';

/** The tables are as they were in the migration's time, which it says itself (`withTables`), or it writes SQL. */
export type MigrationQueries = Kysely<Record<never, never>>;

/** A statement, or a function that reads rows and writes them in another shape. It uses nothing that may change later. */
export type MigrationStep = string | ((queries: MigrationQueries) => Promise<void>);

/** The steps that make the next schema, run in one transaction. The one at index n makes schema n + 1. */
export type Migration = (words: SchemaWords) => readonly MigrationStep[];
