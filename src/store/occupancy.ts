/** One controller works with a database at a time: two controllers would work on the same nodes. On PostgreSQL others may stand by. */
import { realpathSync } from 'node:fs';
import { asCroftError, CroftError } from '../model/error.ts';
import type { Occupant, StandBy } from './database/database.ts';
import { lockFile } from './database/file-lock.ts';
import { postgresFailure, postgresServer } from './database/postgres.ts';
import { awaitPostgres, occupyPostgres } from './database/postgres-occupancy.ts';
import { isPostgres } from './location.ts';

export type Occupancy = AsyncDisposable | Disposable;

/**
 * Holds the database at the location until the result is disposed of. The database is not opened, so that its schema stays as it is.
 * Rejects with `conflict.exists` where another controller has it, with `unavailable` where the server cannot be reached.
 */
export async function occupyDatabase(location: string, occupant: Occupant): Promise<Occupancy> {
  const occupancy = await tryOccupy(location, occupant);
  if (occupancy === null) throw occupied(location);
  return occupancy;
}

/**
 * As `occupyDatabase`, but on PostgreSQL waits until the database is free, and calls `waits` where it has to wait. Null where the signal
 * of `standBy` aborts before.
 */
export async function occupyOnceFree(
  location: string,
  occupant: Occupant,
  standBy: StandBy & { waits(): Promise<void> },
): Promise<Occupancy | null> {
  const occupancy = await tryOccupy(location, occupant);
  if (occupancy !== null) return occupancy;
  if (!isPostgres(location)) throw occupied(location);
  await standBy.waits();
  return await awaitPostgres(postgresServer(location), occupant, standBy);
}

async function tryOccupy(location: string, occupant: Occupant): Promise<Occupancy | null> {
  try {
    return isPostgres(location) ? await occupyPostgres(postgresServer(location), occupant) : lockFile(`${fileOf(location)}.lock`);
  } catch (error) {
    throw unopened(location, error);
  }
}

/** The file that a link to a database leads to, so that both names have one lock. */
function fileOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return path;
  }
}

/** Why a database cannot be used, without the location of a server: a URL has a password in it. */
export function unopened(location: string, thrown: unknown): CroftError {
  const error = isPostgres(location) ? postgresFailure(thrown) : thrown;
  if (error instanceof CroftError) return error;
  const where = isPostgres(location) ? 'the PostgreSQL database' : `the database ${location}`;
  return new CroftError('unavailable', `${where} cannot be opened: ${asCroftError(error).message}`, { cause: error });
}

function occupied(location: string): CroftError {
  const where = isPostgres(location) ? 'the PostgreSQL database' : `the database ${location}`;
  return new CroftError('conflict.exists', `another controller works with ${where}`, {
    hint: 'Use that one, or give this one a database of its own (`--database`): two would work on the same nodes.',
  });
}
