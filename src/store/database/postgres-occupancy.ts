/**
 * A controller's hold on a PostgreSQL database: a lock in a session of its own, so that the hold ends with the process or its connection.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import { type Leader, leaderSchema } from '../../model/leader.ts';
import type { Occupant, StandBy } from './database.ts';
import { LockSession } from './lock-session.ts';

/** The advisory lock of the leading controller, "CROFU" in ASCII: one more than the writers' lock. */
const leaderLock = 0x43524f4655;
/**
 * Shared by all standby controllers: a leader that loses its session while another controller stands by leaves the database to that
 * controller.
 */
const standbyLock = 0x43524f4656;
/** ms between attempts to take the database again after the connection was lost. */
const pause = 1_000;
/**
 * ms between attempts of a standby controller. It does not wait in the server, where an endless statement keeps rows from being vacuumed.
 */
const lookEvery = 500;

/** Null where another session has the lock; rejects where the server cannot be reached. */
export async function occupyPostgres(config: ClientConfig, occupant: Occupant): Promise<AsyncDisposable | null> {
  const session = await LockSession.open(config);
  if (await session.tryLock(leaderLock)) return keep(config, session, occupant);
  await session.close();
  return null;
}

/** Takes the lock once no other session has it; null where `signal` aborts before. An unreachable server is waited for. */
export async function awaitPostgres(config: ClientConfig, occupant: Occupant, standBy: StandBy): Promise<AsyncDisposable | null> {
  const { signal, seen, failed } = standBy;
  let session: LockSession | null = null;
  let away = false;
  while (!signal.aborted) {
    try {
      session ??= await joinStandbys(config);
      if (await session.tryLock(leaderLock)) {
        await session.query('select pg_advisory_unlock_shared($1)', [standbyLock]);
        return keep(config, session, occupant);
      }
      seen(await readLeader(session));
      away = false;
    } catch (error) {
      if (!away) failed(error);
      away = true;
      await session?.close();
      session = null;
    }
    await delay(lookEvery, undefined, { signal }).catch(() => undefined);
  }
  await session?.close();
  return null;
}

async function joinStandbys(config: ClientConfig): Promise<LockSession> {
  const session = await LockSession.open(config);
  await session.query('select pg_advisory_lock_shared($1)', [standbyLock]);
  return session;
}

/** Null where no controller has registered; a database of an older schema has no such table. */
async function readLeader(session: LockSession): Promise<Leader | null> {
  const [found] = await session.query<{ known: boolean }>("select to_regclass('leader') is not null as known");
  if (found?.known !== true) return null;
  const [row] = await session.query('select url, host, pid::integer as pid, since::float8 as since from leader');
  return row === undefined || row.url === '' ? null : leaderSchema.parse(row);
}

/** Takes the lock again after each loss of the connection, unless another controller has it by then. */
function keep(config: ClientConfig, first: LockSession, occupant: Occupant): AsyncDisposable {
  const over = new AbortController();
  let held: LockSession | null = first;
  const watch = async (): Promise<void> => {
    while (held !== null) {
      await held.ended;
      if (over.signal.aborted) return;
      occupant.suspended();
      held = await again(config, occupant, over.signal);
      // Given up during the attempt: no other code knows of this connection.
      if (over.signal.aborted) return await held?.close();
      if (held !== null) occupant.resumed();
    }
    occupant.lost();
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await held?.close();
      await watching;
    },
  };
}

/** Null where another controller has the lock, or one stands by for it. */
async function again(config: ClientConfig, occupant: Occupant, signal: AbortSignal): Promise<LockSession | null> {
  for (;;) {
    await delay(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
    try {
      const session = await LockSession.open(config);
      const outcome = await tryAgain(session, occupant);
      if (outcome === 'held') return session;
      await session.close();
      if (outcome === 'lost') return null;
    } catch {
      // The server is still unreachable; all other queries report that.
    }
  }
}

/** `wait`: the server has not yet noticed that the former session of this process has ended. */
async function tryAgain(session: LockSession, occupant: Occupant): Promise<'held' | 'lost' | 'wait'> {
  if (!(await session.tryLock(standbyLock))) return 'lost';
  await session.query('select pg_advisory_unlock($1)', [standbyLock]);
  if (await session.tryLock(leaderLock)) return 'held';
  return (await occupant.isCurrent()) ? 'wait' : 'lost';
}
