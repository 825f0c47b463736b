/** What parts of the store that add rows have in common. */
import type { NewIdentifier } from '../../model/identifier.ts';
import type { Transactions } from './database.ts';

export abstract class SqlStore {
  protected readonly database: Transactions;
  /** Of new rows. */
  protected readonly newIdentifier: NewIdentifier;
  /** ms since 1970. */
  protected readonly now: () => number;

  constructor(database: Transactions, newIdentifier: NewIdentifier, now: () => number) {
    this.database = database;
    this.newIdentifier = newIdentifier;
    this.now = now;
  }
}
