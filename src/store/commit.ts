/** The commit of a command: the parts of the store, bound to one transaction. */
import type { Queries, Transactions } from './database/database.ts';
import { SqlEventStore } from './events.ts';
import { SqlImageStore } from './image/images.ts';
import { SqlImagePullStore } from './image/pulls.ts';
import { SqlNodeStore } from './node/nodes.ts';
import { SqlSliceStore } from './slice/slices.ts';
import type { Commit, StoreSettings } from './store.ts';
import { SqlTaskStore } from './tasks.ts';
import { SqlVmStore } from './vm/vms.ts';

export interface CommitOptions {
  settings: StoreSettings;
  newIdentifier: () => string;
  /** ms since 1970. */
  now: () => number;
  /** The name of the principal that asks for it. */
  actor: string;
}

/** Its writes take effect when the transaction of `queries` is committed. */
export function commitWithin(queries: Queries, { settings, newIdentifier, now, actor }: CommitOptions): Commit {
  const transaction = within(queries);
  return {
    nodes: new SqlNodeStore(transaction, newIdentifier, now),
    images: new SqlImageStore(transaction, newIdentifier, now),
    imagePulls: new SqlImagePullStore(transaction, newIdentifier, now),
    slices: new SqlSliceStore(transaction, settings, newIdentifier, now),
    vms: new SqlVmStore(transaction),
    tasks: new SqlTaskStore(transaction, newIdentifier, now, actor),
    events: new SqlEventStore(transaction, now, actor),
  };
}

function within(queries: Queries): Transactions {
  return {
    write: (work) => work(queries),
    read: (work) => work(queries),
    ask: (statement) => statement(queries),
    scrub: async () => {
      throw new Error('a database is not scrubbed inside a transaction');
    },
  };
}
