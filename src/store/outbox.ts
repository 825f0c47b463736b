/**
 * The outbox: everything that leaves the controller, such as results, webhooks and messages, is read from the events by a durable cursor.
 * What a command has to send out is an event in its commit, so it is sent exactly if the command was committed.
 */
import { missing } from '../model/missing.ts';
import type { Transactions } from './database/database.ts';
import { newestSequence, readEventsAfter } from './events.ts';
import type { Outbox, OutboxMessage } from './history.ts';

export class SqlOutbox implements Outbox {
  readonly #database: Transactions;
  readonly #now: () => number;
  readonly #controllerId: () => string;

  constructor(database: Transactions, now: () => number, controllerId: () => string) {
    this.#database = database;
    this.#now = now;
    this.#controllerId = controllerId;
  }

  open(name: string, from: 'oldest' | 'newest'): Promise<void> {
    return this.#database.write(async (queries) => {
      const sequence = from === 'oldest' ? 0 : await newestSequence(queries);
      await queries
        .insertInto('cursors')
        .values({ name, sequence, moved_at: this.#now() })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
    });
  }

  read(name: string, limit: number): Promise<OutboxMessage[]> {
    return this.#database.read(async (queries) => {
      const cursors = await queries.selectFrom('cursors').selectAll().execute();
      const cursor = cursors.find((one) => one.name === name);
      if (cursor === undefined)
        throw missing(
          'cursor',
          name,
          cursors.map((one) => one.name),
        );
      const events = await readEventsAfter(queries, cursor.sequence, limit, this.#now());
      return events.map((event) => ({ id: `${this.#controllerId()}-${event.sequence}-${event.at}`, event }));
    });
  }

  advance(name: string, sequence: number): Promise<void> {
    return this.#database.write(async (queries) => {
      await queries
        .updateTable('cursors')
        .set({ sequence, moved_at: this.#now() })
        .where('name', '=', name)
        .where('sequence', '<', sequence)
        .execute();
    });
  }

  close(name: string): Promise<void> {
    return this.#database.write(async (queries) => {
      await queries.deleteFrom('cursors').where('name', '=', name).execute();
    });
  }
}
