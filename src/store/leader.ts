/** The row that names the leading controller, and the epoch by which writes of an earlier leader are refused. */
import type { Leader } from '../model/leader.ts';
import type { Database } from './database/database.ts';
import type { LeaderStore } from './store.ts';

const row = 1;

export class SqlLeaderStore implements LeaderStore {
  readonly #database: Database;
  #epoch: number | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  async register(leader: Leader): Promise<boolean> {
    const { epoch, unnoticed } = await this.#database.write(async (queries) => {
      const before = await queries.selectFrom('leader').selectAll().where('id', '=', row).executeTakeFirst();
      const next = { ...leader, epoch: (before?.epoch ?? 0) + 1, resigned: 0 };
      if (before === undefined)
        await queries
          .insertInto('leader')
          .values({ id: row, ...next })
          .execute();
      else await queries.updateTable('leader').set(next).where('id', '=', row).execute();
      return { epoch: next.epoch, unnoticed: before !== undefined && before.resigned === 0 };
    });
    this.#epoch = epoch;
    this.#database.fence(epoch);
    // A file's lock ends only with the process that holds it.
    return unnoticed && this.#database.dialect === 'postgres';
  }

  announce(url: string): Promise<void> {
    return this.#update({ url });
  }

  resign(): Promise<void> {
    return this.#update({ resigned: 1 });
  }

  async #update(change: { url: string } | { resigned: 1 }): Promise<void> {
    await this.#database.write((queries) => queries.updateTable('leader').set(change).where('id', '=', row).execute());
  }

  async isCurrent(): Promise<boolean> {
    if (this.#epoch === null) return false;
    const found = await this.#database.ask((queries) => queries.selectFrom('leader').select('epoch').executeTakeFirst());
    return found?.epoch === this.#epoch;
  }
}
