/** Tasks in the database. */
import type { Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely';
import { administrator, system } from '../model/access/principal.ts';
import { partsOfSliceName } from '../model/access/slice-name.ts';
import type { NewIdentifier } from '../model/identifier.ts';
import { goneById } from '../model/missing.ts';
import { isNodeTask, type Task, taskKinds } from '../model/task.ts';
import type { Queries, Transactions } from './database/database.ts';
import { SqlStore } from './database/sql-store.ts';
import type { Tables } from './database/tables.ts';
import { insertEvents } from './events.ts';
import type { RetentionBounds } from './expiry.ts';
import type { TaskStore } from './history.ts';
import { portions } from './vm/rows.ts';

export class SqlTaskStore extends SqlStore implements TaskStore {
  readonly #actor: string;

  /** `actor` is who ends tasks. */
  constructor(database: Transactions, newIdentifier: NewIdentifier, now: () => number, actor: string = system.name) {
    super(database, newIdentifier, now);
    this.#actor = actor;
  }

  list(limit: number, owner?: string): Promise<Task[]> {
    return this.database.ask(async (queries) => {
      const newest = queries.selectFrom('tasks').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit);
      const rows = await (owner === undefined ? newest : newest.where('owner', '=', owner)).execute();
      return rows.map(taskOf);
    });
  }

  async get(id: string): Promise<Task> {
    const row = await this.database.ask((queries) => queries.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst());
    if (row === undefined) throw goneById('task', id);
    return taskOf(row);
  }

  running(): Promise<Task[]> {
    return this.database.ask(async (queries) => {
      const rows = await queries
        .selectFrom('tasks')
        .selectAll()
        .where('state', '=', 'running')
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(taskOf);
    });
  }

  start({ kind, subject, vm, generation }: Pick<Task, 'kind' | 'subject' | 'vm' | 'generation'>): Promise<Task> {
    const createdAt = this.now();
    const task: Task = {
      id: this.newIdentifier(),
      owner: isNodeTask(kind) ? administrator.name : partsOfSliceName(subject).owner,
      kind,
      subject,
      vm,
      generation,
      state: 'running',
      message: null,
      createdAt,
      endedAt: null,
    };
    return this.database.write(async (queries) => {
      await overtake(queries, task, this.#actor);
      await queries
        .insertInto('tasks')
        .values({ id: task.id, owner: task.owner, kind, subject, vm, generation, state: task.state, created_at: createdAt })
        .execute();
      return task;
    });
  }

  prune({ kept, since }: RetentionBounds, batch: number): Promise<number> {
    return this.database.write(async (queries) => {
      const ended = queries.selectFrom('tasks').where('state', 'in', ['done', 'failed']);
      const { count } = await ended.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
      const oldest = await ended.select(['id', 'created_at as at']).orderBy('created_at').orderBy('id').limit(batch).execute();
      const expired = oldest.filter(({ at }, index) => index < count - kept || at < since).map(({ id }) => id);
      for (const part of portions(expired)) await queries.deleteFrom('tasks').where('id', 'in', part).execute();
      return expired.length;
    });
  }

  async end(id: string, state: 'done' | 'failed', message: string | null): Promise<void> {
    await this.database.write((queries) =>
      endTasks(queries, { state, message, at: this.now(), actor: this.#actor }, (where) => where('id', '=', id)),
    );
  }
}

/** Ends the running task of the same subject and VM. A node and a slice may have the same name: the kind distinguishes their tasks. */
async function overtake(queries: Queries, { id, kind, subject, vm, createdAt }: Task, actor: string): Promise<void> {
  const kinds = taskKinds.filter((one) => isNodeTask(one) === isNodeTask(kind));
  await endTasks(queries, { state: 'failed', message: `overtaken by ${kind} ${id}`, at: createdAt, actor }, (where) =>
    where.and([where('subject', '=', subject), where('vm', vm === null ? 'is' : '=', vm), where('kind', 'in', kinds)]),
  );
}

interface Ending {
  state: 'done' | 'failed';
  message: string | null;
  /** ms since 1970. */
  at: number;
  actor: string;
}

/**
 * Ends those of the tasks that run. The event about the end is in the same transaction, since waiting clients learn of the end only from
 * that event.
 */
async function endTasks(
  queries: Queries,
  { state, message, at, actor }: Ending,
  those: (where: ExpressionBuilder<Tables, 'tasks'>) => Expression<SqlBool>,
): Promise<void> {
  const ended = await queries
    .updateTable('tasks')
    .set({ state, message, ended_at: at })
    .where('state', '=', 'running')
    .where(those)
    .returning(['id', 'kind', 'subject', 'vm'])
    .execute();
  const words = message === null ? state : `${state}: ${message}`;
  await insertEvents(
    queries,
    at,
    ended.map(({ id, kind, subject, vm }) => ({
      kind: 'task.ended',
      ...(isNodeTask(kind) ? { node: subject } : { slice: subject }),
      vm,
      message: `${kind} ${words}`,
      data: { task: id, kind, state, reason: message },
    })),
    actor,
  );
}

function taskOf(row: Selectable<Tables['tasks']>): Task {
  const { id, owner, kind, subject, vm, generation, state, message, created_at: createdAt, ended_at: endedAt } = row;
  return { id, owner, kind, subject, vm, generation, state, message, createdAt, endedAt };
}
