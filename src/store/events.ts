/** Events in the database. */
import type { Selectable } from 'kysely';
import type { Event, NewEvent } from '../model/event.ts';
import type { Queries, Transactions } from './database/database.ts';
import type { Tables } from './database/tables.ts';
import type { EventStore } from './store.ts';
import { portions } from './vm/rows.ts';

/** Reading on from a sequence misses none: transactions that write follow one another, so a lower sequence is never seen later than a higher one. */
export class SqlEventStore implements EventStore {
  readonly #database: Transactions;
  readonly #now: () => number;

  constructor(database: Transactions, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#database.write((queries) => insertEvents(queries, this.#now(), events));
  }

  after(sequence: number, limit: number): Promise<Event[]> {
    return this.#database.read(async (queries) => {
      const rows = await queries
        .selectFrom('events')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute();
      return rows.map(eventOf);
    });
  }

  async latest(): Promise<number> {
    const row = await this.#database.read((queries) =>
      queries
        .selectFrom('events')
        .select(({ fn }) => fn.max('sequence').as('sequence'))
        .executeTakeFirst(),
    );
    return row?.sequence ?? 0;
  }

  async prune(keep: number): Promise<void> {
    await this.#database.write((queries) =>
      queries
        .deleteFrom('events')
        .where('sequence', '<=', (from) => from.selectFrom('events').select('sequence').orderBy('sequence', 'desc').limit(1).offset(keep))
        .execute(),
    );
  }
}

/** Appends events that happened `at`, in ms since 1970, as part of a larger change. */
export async function insertEvents(queries: Queries, at: number, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map(({ kind, node = null, slice = null, vm = null, message, step = null }) => {
    return { at, kind, node, slice, vm, message, step: step === null ? null : JSON.stringify(step) };
  });
  for (const part of portions(rows)) await queries.insertInto('events').values(part).execute();
}

function eventOf(row: Selectable<Tables['events']>): Event {
  const { sequence, at, kind, node, slice, vm, message, step } = row;
  return { sequence, at, kind, node, slice, vm, message, step: step === null ? null : JSON.parse(step) };
}
