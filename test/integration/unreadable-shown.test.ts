/** Rows that the controller cannot read, as users are told of them: by the lists that lack them, and by the doctor. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { sql } from 'kysely';
import { createClient } from '../../src/client/client.ts';
import { homeAt } from '../../src/controller/home.ts';
import { purgeMachine } from '../../src/controller/purge.ts';
import { addSimulated } from '../../src/controller/simulation/nodes.ts';
import { simulationOf } from '../../src/controller/simulation/simulation.ts';
import { openSqlite } from '../../src/store/database/sqlite.ts';
import { listen } from '../api/listen.ts';
import { authorization, authorizationOf, type Stage, setStage, token } from '../api/stand-ins.ts';
import { runFake } from '../support/fake-environment.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

async function applied(stage: Stage, slice: string, headers = { authorization }): Promise<void> {
  const payload = { text: `slice: ${slice}\nvms: { ${names.map((name) => `${name}: { image: micro }`).join(', ')} }\n` };
  const { statusCode, body } = await stage.api.inject({ method: 'POST', url: '/v1/slices/apply', headers, payload });
  assert.equal(statusCode, 200, body);
}

/** Replaces the text of a column by one of a newer version, or by no JSON at all. */
async function spoil({ location }: Stage, table: string, column: string, name: string, how: 'newer' | 'damaged'): Promise<void> {
  const database = openSqlite(location);
  const text = how === 'newer' ? '{"version":9,"value":{}}' : '{"version":1,"val';
  await database.write(async (queries) => {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${text} where name = ${name}`.execute(queries);
  });
  await database.close();
}

test('CR15 a list says how many rows it lacks because they cannot be read, and keeps its form', async () => {
  await using stage = await setStage();
  await applied(stage, 'hello');
  await applied(stage, 'other', { authorization: authorizationOf('ann') });
  await stage.api.inject({
    method: 'POST',
    url: '/v1/nodes',
    headers: { authorization },
    payload: { name: 'n1', ssh: { address: '10.77.0.1' } },
  });
  const lack = async (url: string, headers = { authorization }): Promise<unknown[]> => {
    const answer = await stage.api.inject({ url, headers });
    assert.equal(answer.statusCode, 200, answer.body);
    return [answer.json().length ?? answer.json().vms.length, answer.headers.unreadable];
  };
  for (const url of ['/v1/vms', '/v1/slices', '/v1/nodes', '/v1/images']) assert.equal((await lack(url))[1], undefined, url);
  await spoil(stage, 'vms', 'spec', 'b', 'damaged');
  await spoil(stage, 'slices', 'spec', 'other', 'newer');
  await spoil(stage, 'nodes', 'config', 'n1', 'newer');
  await spoil(stage, 'images', 'traits', 'micro', 'newer');
  assert.deepEqual(await lack('/v1/vms'), [8, '2']);
  assert.deepEqual(await lack('/v1/vms?slice=hello'), [4, '1']);
  assert.deepEqual(await lack('/v1/slices/hello'), [4, '1']);
  assert.deepEqual(await lack('/v1/slices'), [1, '1']);
  assert.deepEqual(await lack('/v1/nodes'), [0, '1']);
  assert.deepEqual(await lack('/v1/images'), [0, '1']);
  assert.deepEqual(await lack('/v1/vms', { authorization: authorizationOf('bob') }), [0, undefined], 'nothing of others');
});

test('CR15 pages go on behind a VM that cannot be read', async () => {
  await using stage = await setStage();
  await applied(stage, 'hello');
  for (const name of ['b', 'd']) await spoil(stage, 'vms', 'spec', name, 'damaged');
  for (const limit of [1, 2, 3, 4, 5, 6]) {
    const seen: string[] = [];
    let unreadable = 0;
    let after: string | undefined;
    do {
      const answer = await stage.api.inject({
        url: `/v1/vms?limit=${limit}${after === undefined ? '' : `&after=${after}`}`,
        headers: { authorization },
      });
      seen.push(...answer.json().map(({ name }: { name: string }) => name));
      unreadable += Number(answer.headers.unreadable ?? 0);
      after = answer.headers.next as string | undefined;
    } while (after !== undefined);
    assert.deepEqual([seen, unreadable], [['a', 'c', 'e'], 2], `limit ${limit}`);
  }
});

test('CR15 the command line tells that a list lacks VMs, and the doctor which, where and what to do', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  const croft = (...words: string[]) => runFake(words, { client, width: 200 });
  await applied(stage, 'hello');
  assert.equal((await croft('vm', 'ls')).stderr, '');
  assert.doesNotMatch((await croft('doctor')).stdout, /database holds/);
  const { id } = await stage.store.vms.get('hello', 'b');
  await spoil(stage, 'vms', 'spec', 'b', 'damaged');
  await spoil(stage, 'vms', 'spec', 'd', 'newer');
  const told = '2 VMs cannot be read and are missing here; `croft doctor` says why and what to do\n';
  for (const words of [
    ['vm', 'ls'],
    ['vm', 'ls', '-o', 'json'],
    ['slice', 'show', 'hello'],
  ])
    assert.equal((await croft(...words)).stderr, told);
  assert.deepEqual(
    JSON.parse((await croft('vm', 'ls', '-o', 'json')).stdout).map(({ name }: { name: string }) => name),
    ['a', 'c', 'e'],
  );
  await spoil(stage, 'slices', 'spec', 'hello', 'newer');
  assert.equal((await croft('slice', 'ls')).stderr, '1 slice cannot be read and is missing here; `croft doctor` says why and what to do\n');
  const { code, stdout } = await croft('doctor');
  assert.equal(code, 1);
  const place = `the column spec of the row with id ${id} in the table vms`;
  assert.ok(stdout.includes('VM hello/b: the specification of VM b cannot be read: it is not what Croft writes'), stdout);
  assert.ok(stdout.includes(`Restore a backup of before with \`croft restore\`, or repair the database: ${place}.`), stdout);
  assert.match(
    stdout,
    /VM hello\/d: the specification of VM d has version 9, .*\n +where: the column spec of the row .*\n +A newer Croft wrote it/,
  );
  assert.match(stdout, /slice hello: the specification of slice hello has version 9/);
  const rows = JSON.parse((await croft('doctor', '-o', 'json')).stdout).unreadable;
  assert.deepEqual(
    rows.map(({ subject, code: why }: { subject: string; code: string }) => [subject, why]),
    [
      ['slice hello', 'conflict.changed'],
      ['VM hello/b', 'internal'],
      ['VM hello/d', 'conflict.changed'],
    ],
  );
});

test('CR15 the doctor ends with 1 where only the database is unwell', async () => {
  const version = async () => ({ version: '1', controller: 'c', database: 'sqlite' as const });
  const row = { subject: 'VM hello/web', place: 'here', code: 'internal', message: 'it is damaged', hint: 'repair it' };
  for (const unreadable of [[], [row]]) {
    const doctor = async () => ({ nodes: [], unreadable });
    assert.equal((await runFake(['doctor'], { client: { version, doctor } })).code, unreadable.length);
  }
});

test('CR15 a simulation starts over a node that cannot be read: it is left as it is, and listed as missing', async () => {
  await using stage = await setStage();
  const simulation = simulationOf('nodes=3');
  await addSimulated(stage.store, simulation);
  await spoil(stage, 'nodes', 'config', 'sim-0002', 'damaged');
  await addSimulated(stage.store, simulation);
  const client = createClient({ url: await listen(stage), token });
  const { stdout, stderr } = await runFake(['node', 'ls'], { client });
  assert.match(stdout, /sim-0001[\s\S]*sim-0003/);
  assert.doesNotMatch(stdout, /sim-0002/);
  assert.match(stderr, /^1 node cannot be read and is missing here/);
  assert.deepEqual(
    (await stage.store.unreadable()).map(({ subject }) => subject),
    ['node sim-0002'],
  );
});

test('CR15 a restore asks before it replaces what cannot be read', async () => {
  await using stage = await setStage();
  const client = createClient({ url: await listen(stage), token });
  await applied(stage, 'hello');
  const backup = Buffer.from(await new Response(await client.backup()).arrayBuffer());
  await spoil(stage, 'slices', 'spec', 'hello', 'damaged');
  await assert.rejects(client.restore(Readable.from([backup])), { code: 'conflict.confirm', message: /0 nodes and 1 slices/ });
  await client.restore(Readable.from([backup]), { replace: true });
  assert.deepEqual(await stage.store.unreadable(), []);
});

test('CR17 a purge removes nothing while there is what the controller cannot read', async (t) => {
  await using stage = await setStage();
  await applied(stage, 'hello');
  await spoil(stage, 'vms', 'spec', 'b', 'damaged');
  const folder = await mkdtemp(join(tmpdir(), 'croft-purge-'));
  t.after(() => rm(folder, { recursive: true }));
  const endController = async () => assert.fail('it would end the controller');
  const said: string[] = [];
  const connection = { url: await listen(stage), token };
  await assert.rejects(purgeMachine({ home: homeAt(folder), connection, endController, say: (line) => said.push(line) }), {
    code: 'conflict.changed',
    message: /cannot read 1 row of its database .*; nothing was removed/,
  });
  assert.deepEqual([said, (await stage.store.slices.list()).map(({ desired }) => desired)], [[], ['running']]);
  await stat(folder);
});
