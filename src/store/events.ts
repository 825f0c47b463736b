/** Events in the database. */
import { type Expression, expressionBuilder, type Selectable, type SqlBool } from 'kysely';
import { administrator, system } from '../model/access/principal.ts';
import { dataSchema, type Event, eventGap, type NewEvent, stepSchema, unknownCursorGap } from '../model/event.ts';
import type { Queries, Transactions } from './database/database.ts';
import type { Tables } from './database/tables.ts';
import { lastExpired, type RetentionBounds } from './expiry.ts';
import type { EventStore } from './history.ts';
import { portions } from './vm/rows.ts';

/**
 * A reader that continues from a sequence misses no event: transactions that write follow one another, so a lower sequence never becomes
 * visible later than a higher one.
 */
export class SqlEventStore implements EventStore {
  readonly #database: Transactions;
  readonly #now: () => number;
  readonly #actor: string;

  /** `actor` is the actor of events that name none. */
  constructor(database: Transactions, now: () => number, actor: string = system.name) {
    this.#database = database;
    this.#now = now;
    this.#actor = actor;
  }

  async append(events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#database.write((queries) => insertEvents(queries, this.#now(), events, this.#actor));
  }

  after(sequence: number, limit: number, owner?: string): Promise<Event[]> {
    return this.#database.read((queries) => readEventsAfter(queries, sequence, limit, this.#now(), owner));
  }

  latest(): Promise<number> {
    return this.#database.read(newestSequence);
  }

  prune(bounds: RetentionBounds, batch: number): Promise<number> {
    return this.#database.write(async (queries) => {
      const oldest = await queries.selectFrom('events').select(['sequence', 'at']).orderBy('sequence').limit(batch).execute();
      const cursor = await queries
        .selectFrom('cursors')
        .select(({ fn }) => fn.min('sequence').as('sequence'))
        .executeTakeFirst();
      const last = lastExpired(oldest, await newestSequence(queries), cursor?.sequence ?? null, bounds);
      if (last === null) return 0;
      await queries.deleteFrom('events').where('sequence', '<=', last).execute();
      await queries.updateTable('controller').set({ events_pruned: last }).execute();
      return oldest.filter(({ sequence }) => sequence <= last).length;
    });
  }
}

/** See EventStore.after; `now` is in ms since 1970. */
export async function readEventsAfter(queries: Queries, sequence: number, limit: number, now: number, owner?: string): Promise<Event[]> {
  const { events_pruned: pruned } = await queries.selectFrom('controller').select('events_pruned').executeTakeFirstOrThrow();
  const gap = pruned > sequence ? [eventGap(sequence, pruned, now)] : [];
  const later = queries
    .selectFrom('events')
    .selectAll()
    .where('sequence', '>', Math.max(sequence, pruned))
    .orderBy('sequence')
    .limit(limit - gap.length);
  const rows = await (owner === undefined ? later : later.where(isAboutSlicesOf(owner))).execute();
  if (rows.length === 0 && sequence > pruned) {
    const newest = await newestSequence(queries);
    if (sequence > newest) {
      const rest = await readEventsAfter(queries, pruned, limit - 1, now, owner);
      return [unknownCursorGap(sequence, newest, pruned, now), ...rest];
    }
  }
  return [...gap, ...rows.map(eventOf)];
}

/** 0 where there never was an event. */
export async function newestSequence(queries: Queries): Promise<number> {
  const newest = await queries.selectFrom('events').select('sequence').orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  if (newest !== undefined) return newest.sequence;
  const { events_pruned: pruned } = await queries.selectFrom('controller').select('events_pruned').executeTakeFirstOrThrow();
  return pruned;
}

/** Appends events that happened `at`, in ms since 1970, as part of a larger change; `actor` is the actor of events that name none. */
export async function insertEvents(queries: Queries, at: number, events: readonly NewEvent[], actor: string = system.name): Promise<void> {
  const rows = events.map(({ kind, node = null, slice = null, vm = null, message, step = null, data = {}, actor: by = actor }) => {
    return { at, kind, node, slice, vm, message, step: textFrom(step), data: textFrom(data), actor: by };
  });
  for (const part of portions(rows)) await queries.insertInto('events').values(part).execute();
}

function eventOf(row: Selectable<Tables['events']>): Event {
  const { sequence, at, kind, node, slice, vm, message, step, data, actor } = row;
  return { sequence, at, kind, node, slice, vm, message, step: stepOf(step), data: dataOf(data), actor };
}

function textFrom(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** What is damaged, or another version's, is null: no reader of the log stops at one event. */
function stepOf(text: string | null): Event['step'] {
  return stepSchema.safeParse(parsed(text)).data ?? null;
}

function dataOf(text: string | null): Record<string, unknown> | null {
  return dataSchema.safeParse(parsed(text)).data ?? null;
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** By the full names of slices, in which no owner and no slice has a colon of its own. */
function isAboutSlicesOf(owner: string): Expression<SqlBool> {
  const where = expressionBuilder<Tables, 'events'>();
  return owner === administrator.name ? where('slice', 'not like', '%:%') : where('slice', 'like', `${owner}:%`);
}
