/** Two controllers on one PostgreSQL: one leads, the other stands by and takes over, and nothing is done twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client as PostgresClient } from 'pg';
import type { Client } from '../../src/client/client.ts';
import type { Event } from '../../src/model/event.ts';
import { until } from '../support/until.ts';
import { onPostgres } from './databases.ts';
import { ServeProcess } from './standby-process.ts';

/** ms that a busy machine may take. */
const patience = 60_000;

const slice = (name: string, count: number) => ({
  file: { slice: name, networks: { lan: {} }, vms: { vm: { image: 'simulated', cpus: 1, memory: '128MiB', nics: ['lan'], count } } },
});

async function settled({ tasks }: Client): Promise<void> {
  await until('no task runs', async () => (await tasks.list()).every(({ state }) => state !== 'running') || undefined, patience);
}

async function running({ vms }: Client, count: number): Promise<void> {
  await until(
    'all VMs run',
    async () => (await vms.list()).filter(({ state }) => state === 'running').length === count || undefined,
    patience,
  );
}

async function leads(controller: ServeProcess): Promise<void> {
  await until('it leads', async () => (await controller.leads()) || undefined, patience);
}

/** Each task ended once, and was told to have ended once; no event was told twice. */
async function nothingTwice({ tasks, events }: Client): Promise<void> {
  const told = await events.list({ limit: 1000 });
  const sequences = told.map(({ sequence }) => sequence);
  assert.deepEqual(sequences, [...new Set(sequences)]);
  const ended = told.filter(({ kind }) => kind === 'task.ended');
  const all = await tasks.list();
  assert.deepEqual([ended.length, all.every(({ state }) => state === 'done')], [all.length, true]);
}

/** How often each VM was started after the event of that sequence. */
function starts(events: readonly Event[], after: number): number[] {
  const started = events.filter(({ kind, sequence }) => kind === 'vm.running' && sequence > after);
  return [...Map.groupBy(started, ({ vm }) => vm).values()].map(({ length }) => length);
}

/** Cuts the session by which the leader has the database. */
async function cutLeader(location: string): Promise<void> {
  const client = new PostgresClient({ connectionString: location });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory' and granted and classid = 67 and objid = 1380927061
       and database = (select oid from pg_database where datname = current_database())`,
    );
    assert.equal(rowCount, 1);
  } finally {
    await client.end();
  }
}

onPostgres(({ freshLocation }) => {
  test('CR15 a second controller stands by, says who leads, and takes over when the leader is killed', async () => {
    const location = await freshLocation();
    await using first = await ServeProcess.start(location, patience);
    await leads(first);
    await using second = await ServeProcess.start(location, patience);
    const { leader } = await until('it knows who leads', async () => {
      const health = await second.health();
      return health.leader === null ? undefined : health;
    });
    assert.deepEqual([leader?.url, leader?.pid], [first.url, first.pid]);
    assert.deepEqual([(await first.health()).role, (await second.health()).role, await second.readiness()], ['leader', 'standby', 503]);
    await assert.rejects(second.client.slices.list(), {
      code: 'controller.standby',
      message: new RegExp(`stands by: the controller at ${first.url} \\(process ${first.pid} on .*\\) leads`),
    });

    await first.client.slices.apply(slice('before', 4));
    await settled(first.client);
    // Killed amid this one: what it asks for is stored, and who takes over does it.
    await first.client.slices.apply(slice('amid', 8));
    await first.kill();
    await leads(second);
    await settled(second.client);
    await running(second.client, 12);
    await second.client.slices.apply(slice('after', 2));
    await settled(second.client);
    await nothingTwice(second.client);
  });

  test('CR15 a leader whose database session is cut ends, and who stood by starts each VM once', async () => {
    const location = await freshLocation();
    await using first = await ServeProcess.start(location, patience);
    await leads(first);
    await using second = await ServeProcess.start(location, patience);
    await first.client.slices.apply(slice('s', 6));
    await settled(first.client);
    await running(first.client, 6);
    const { sequence } = await first.client.events.latest();
    await cutLeader(location);
    assert.equal(await first.ended(), 4);
    await leads(second);
    // Simulated VMs end with the controller that simulates them, so these start again, by the new leader only.
    const startsNow = async () => starts(await second.client.events.list({ limit: 1000 }), sequence);
    await until('all have started again', async () => (await startsNow()).length === 6 || undefined, patience);
    await running(second.client, 6);
    assert.deepEqual(await startsNow(), [1, 1, 1, 1, 1, 1]);
    await nothingTwice(second.client);
  });
});
