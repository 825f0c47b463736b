/** Commands: desired state, task, event and images to fetch are one commit, on both databases. */
import assert from 'node:assert/strict';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { CommandContext } from '../../src/commands/context.ts';
import type { CommandDependencies } from '../../src/commands/dependencies.ts';
import { pullImage } from '../../src/commands/images.ts';
import { adoptNode, drainNode, editNode, resumeNode } from '../../src/commands/nodes.ts';
import { applySlice, desireSlice } from '../../src/commands/slices.ts';
import { requestOfVm } from '../../src/commands/vms.ts';
import { administrator } from '../../src/model/access/principal.ts';
import type { Store } from '../../src/store/store.ts';
import { sampleMap } from '../api/stand-ins.ts';
import { onBothDatabases, settings } from './databases.ts';
import { addReadyNode, nodeConfig, putImage } from './samples.ts';

type Context = CommandContext<CommandDependencies>;

/** What commands work with; nothing of it records anything. */
function contextOf(store: Store): Context {
  const rest = {
    principal: administrator,
    ...{ transit: settings.transit, wake: () => undefined, abilitiesOf: () => new Set(['pause'] as const) },
    images: { map: async () => sampleMap, definition: async () => sampleMap.images.get('late-1'), wake: () => undefined },
    nodes: { reach: async () => nodeConfig('n9'), foretellDrain: async () => [] },
  };
  return { store, ...rest } as unknown as Context;
}

const sliceFile = (vms: string) => ({ file: JSON.parse(`{"slice":"blue","vms":{${vms}}}`) as unknown });
const vm = (name: string, image: string) => `"${name}":{"image":"${image}","cpus":1,"memory":"64MiB"}`;

/** All commands that change what is desired, in an order in which each has something to do. */
const commands: Record<string, (context: Context) => Promise<unknown>> = {
  'slice apply': (context) => applySlice(context, 'admin', sliceFile(`${vm('a', 'micro')},${vm('b', 'micro')}`), {}),
  'slice apply that asks for an image': (context) =>
    applySlice(context, 'admin', sliceFile(`${vm('a', 'micro')},${vm('b', 'micro')},${vm('c', 'late')}`), {}),
  'vm stop': (context) => requestOfVm(context, 'blue', 'a', 'stop'),
  'vm start': (context) => requestOfVm(context, 'blue', 'a', 'start'),
  'vm restart': (context) => requestOfVm(context, 'blue', 'a', 'restart'),
  'vm pause': (context) => requestOfVm(context, 'blue', 'b', 'pause'),
  'vm resume': (context) => requestOfVm(context, 'blue', 'b', 'resume'),
  'vm remove': (context) => requestOfVm(context, 'blue', 'a', 'remove'),
  'slice stop': (context) => desireSlice(context, 'blue', 'stopped'),
  'slice start': (context) => desireSlice(context, 'blue', 'running'),
  'slice remove': (context) => desireSlice(context, 'blue', 'absent'),
  'node drain': (context) => drainNode(context, 'n1'),
  'node resume': (context) => resumeNode(context, 'n1'),
  'node edit': (context) => editNode(context, 'n1', { pool: 'fast' }),
  'node add': (context) => adoptNode(context, nodeConfig('n9')),
  'image pull': (context) => pullImage(context, 'late', { prepull: ['*'] }),
};

/** A node and an image; the VMs of later commands come to run on the node. */
async function furnish(store: Store): Promise<{ running(): Promise<void> }> {
  await putImage(store);
  const { id } = await addReadyNode(store, 'n1');
  return {
    async running() {
      const vms = (await store.vms.list()).filter((one) => one.nodeId === null && one.desired !== 'absent');
      const assigned = vms.map((one) => ({ kind: 'vm' as const, id: one.id, from: null, nodeId: id, reason: null, group: null }));
      await store.placement.commit(assigned);
      await store.vms.observe(vms.map((one) => ({ id: one.id, observed: { state: 'running' } })));
    },
  };
}

/** All that is desired, as one value that two equal stores share. */
async function desired(store: Store) {
  const [slices, vms, nodes, images, pulls] = await Promise.all([
    store.slices.list(),
    store.vms.list(),
    store.nodes.list(),
    store.images.list(),
    store.imagePulls.list(),
  ]);
  return { slices, vms, nodes, images, pulls, tasks: await store.tasks.list(100), events: await store.events.latest() };
}

onBothDatabases(({ dialect, open, freshLocation }) => {
  /** How many transactions that wrote were committed. */
  function countCommits(t: TestContext): () => number {
    if (dialect === 'sqlite') {
      const run = t.mock.method(StatementSync.prototype, 'run');
      const all = t.mock.method(StatementSync.prototype, 'all');
      return () =>
        [...run.mock.calls, ...all.mock.calls].filter(({ this: one }) => (one as StatementSync).sourceSQL === 'begin immediate').length;
    }
    const query = t.mock.method(pg.Client.prototype, 'query');
    const textOf = (given: unknown): string => (typeof given === 'string' ? given : (given as { text: string }).text);
    return () => query.mock.calls.filter(({ arguments: [given] }) => textOf(given).includes('pg_advisory_xact_lock')).length;
  }

  test('CR15 each command is one commit', async (t) => {
    const store = await open(t);
    const { running } = await furnish(store);
    for (const [name, command] of Object.entries(commands)) {
      const events = await store.events.latest();
      const count = countCommits(t);
      await command(contextOf(store));
      assert.equal(count(), 1, name);
      t.mock.restoreAll();
      assert.notEqual(await store.events.latest(), events, `${name} is told`);
      await running();
    }
  });

  test('CR15 a command whose event cannot be written changes nothing and starts no task', async (t) => {
    const location = await freshLocation();
    const store = await open(t, { location });
    const { running } = await furnish(store);
    for (const [name, command] of Object.entries(commands)) {
      const before = await desired(store);
      await execute(location, refuseEvents[dialect]);
      await assert.rejects(command(contextOf(store)), /no event today/, name);
      await execute(location, allowEvents[dialect]);
      assert.deepEqual(await desired(store), before, name);
      await command(contextOf(store));
      await running();
    }
  });

  test('CR16 a repeated apply names the task that is under way, and starts none', async (t) => {
    const store = await open(t);
    await furnish(store);
    const context = contextOf(store);
    const document = sliceFile(vm('a', 'micro'));
    const first = await applySlice(context, 'admin', document, {});
    assert.deepEqual((await applySlice(context, 'admin', document, {})).task, first.task);
    await store.tasks.end(first.task?.id ?? '', 'done', null);
    assert.equal((await applySlice(context, 'admin', document, {})).task, null);
    assert.equal((await store.tasks.list(10)).length, 1);
  });
});

const refuseEvents = {
  sqlite: "create trigger no_events before insert on events begin select raise(abort, 'no event today'); end",
  postgres: `create function no_events() returns trigger language plpgsql as $$ begin raise exception 'no event today'; end $$;
    create trigger no_events before insert on events execute function no_events()`,
};
const allowEvents = { sqlite: 'drop trigger no_events', postgres: 'drop trigger no_events on events; drop function no_events' };

/** By a connection of its own. */
async function execute(location: string, statement: string): Promise<void> {
  if (!location.startsWith('postgres')) {
    using database = new DatabaseSync(location, { timeout: 5_000 });
    database.exec(statement);
    return;
  }
  const client = new pg.Client({ connectionString: location });
  await client.connect();
  await client.query(statement);
  await client.end();
}
