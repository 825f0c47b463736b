import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, fingerprint, imageHash, type Stage, setStage } from '../../test/api/stand-ins.ts';
import type { Image } from '../model/image/image.ts';
import type { NodeView } from '../model/node/view.ts';
import type { DrainAnswer } from '../model/operations.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function ask<T = { code: string }>(
  stage: Stage,
  method: Method,
  url: string,
  payload?: object,
): Promise<{ status: number; body: T }> {
  const answer = await stage.api.inject({ method, url, headers: { authorization }, ...(payload !== undefined && { payload }) });
  return { status: answer.statusCode, body: (answer.body === '' ? null : answer.json()) as T };
}

const ssh = { address: '10.77.0.1', user: 'croft', hostKey: fingerprint };

test('CR1 a node is adopted, shown, drained, resumed and removed', async () => {
  await using stage = await setStage();
  const added = await ask<NodeView>(stage, 'POST', '/v1/nodes', { name: 'one', ssh });
  assert.equal(added.status, 201);
  assert.deepEqual([added.body.status, added.body.specs, added.body.capacity, added.body.vms], ['new', null, null, 0]);
  assert.equal((await ask(stage, 'POST', '/v1/nodes', { name: 'one', ssh })).body.code, 'conflict.exists');
  const { body: drained } = await ask<DrainAnswer>(stage, 'POST', '/v1/nodes/one/drain');
  assert.deepEqual([drained.node.administration, drained.task.kind, drained.task.state], ['draining', 'node.drain', 'running']);
  assert.deepEqual(drained.vms, [{ vm: 'shop/web', movingTo: null, stayReason: 'no node has room' }]);
  assert.equal((await ask<NodeView>(stage, 'POST', '/v1/nodes/one/resume')).body.administration, 'active');
  assert.deepEqual(
    (await ask<NodeView[]>(stage, 'GET', '/v1/nodes')).body.map(({ name }) => name),
    ['one'],
  );
  assert.deepEqual((await ask(stage, 'DELETE', '/v1/nodes/one?abandon=true')).body, { abandoned: [], left: null });
  assert.equal((await ask(stage, 'GET', '/v1/nodes/one')).status, 404);
});

test('CR4 a node gets its pool and labels when it is adopted, and others later', async () => {
  await using stage = await setStage();
  const { body } = await ask<NodeView>(stage, 'POST', '/v1/nodes', { name: 'one', ssh, pool: 'fast', labels: { disk: 'ssd', rack: '7' } });
  assert.deepEqual([body.config.pool, body.config.labels], ['fast', { disk: 'ssd', rack: '7' }]);
  const edited = await ask<NodeView>(stage, 'PATCH', '/v1/nodes/one', { labels: { rack: null, row: 'b' } });
  assert.deepEqual([edited.body.config.pool, edited.body.config.labels], ['fast', { disk: 'ssd', row: 'b' }]);
  const again = await ask<NodeView>(stage, 'PATCH', '/v1/nodes/one', { pool: 'slow' });
  assert.deepEqual([again.body.config.pool, again.body.config.labels], ['slow', { disk: 'ssd', row: 'b' }]);
  assert.equal((await ask(stage, 'PATCH', '/v1/nodes/one', { labels: { 'a b': 'c' } })).body.code, 'input.invalid');
  const committed = await ask<NodeView>(stage, 'PATCH', '/v1/nodes/one', { overcommit: { memory: 1.5 } });
  assert.deepEqual(committed.body.config.overcommit, { cpus: 8, memory: 1.5, disk: 1 });
  assert.equal((await ask(stage, 'PATCH', '/v1/nodes/one', { overcommit: { disk: 0 } })).body.code, 'input.invalid');
  assert.equal((await ask(stage, 'PATCH', '/v1/nodes/one', { bridge: 'br0' })).body.code, 'input.invalid');
  assert.equal((await ask(stage, 'PATCH', '/v1/nodes/two', { pool: 'slow' })).body.code, 'not-found');
  assert.deepEqual((await stage.store.nodes.get('one')).config, committed.body.config);
  const [, message] = (await stage.store.events.after(0, 10))
    .filter(({ kind }) => kind === 'node.configured')
    .map((event) => event.message);
  assert.equal(message, 'one is in pool slow, its labels are disk=ssd, row=b; its CPUs are promised 8 times, its memory 1, its disk 1');
});

test('CR1 a node with a name, address, user, port or folder that is no such thing is refused', async () => {
  await using stage = await setStage();
  for (const config of [
    { name: 'a$(reboot)', ssh },
    { name: 'one', ssh: { ...ssh, address: '-oProxyCommand=x' } },
    { name: 'one', ssh: { ...ssh, user: 'a b' } },
    { name: 'one', ssh: { ...ssh, port: 0 } },
    { name: 'one', ssh: { ...ssh, hostKey: 'MD5:aa' } },
    { name: 'one', ssh, stateFolder: '/var/lib/$(reboot)' },
    { name: 'one', ssh, overcommit: { cpus: 1e9, memory: 1 } },
  ]) {
    const { status, body } = await ask(stage, 'POST', '/v1/nodes', config);
    assert.equal(status, 400, JSON.stringify(config));
    assert.equal(body.code, 'input.invalid');
  }
  assert.deepEqual(await stage.store.nodes.list(), []);
});

test('CR1 the host key of a machine is read before it is adopted', async () => {
  await using stage = await setStage();
  assert.deepEqual((await ask(stage, 'POST', '/v1/nodes/host-key', { address: '10.77.0.1' })).body, { fingerprint });
  assert.deepEqual(stage.asked, ['host-key 10.77.0.1']);
});

test('CR8 commands and scripts run on a node with their arguments as given, and are recorded before they do', async () => {
  await using stage = await setStage();
  await ask(stage, 'POST', '/v1/nodes', { name: 'one', ssh });
  const argv = ['echo', 'a b', '$(reboot)', "'"];
  assert.deepEqual((await ask(stage, 'POST', '/v1/nodes/one/exec', { argv })).body, { code: 3, stdout: 'out', stderr: 'err' });
  await ask(stage, 'POST', '/v1/nodes/one/exec', { script: 'exit 3', args: ['x'], timeout: 5 });
  assert.match(stage.asked[0] ?? '', /"a b","\$\(reboot\)","'"\].* 30000$/);
  assert.match(stage.asked[1] ?? '', /exit 3.*\["x"\].* 5$/);
  const events = (await stage.store.events.after(0, 10)).filter(({ kind }) => kind !== 'node.added');
  assert.deepEqual(
    events.map(({ kind, node }) => [kind, node]),
    [
      ['node.exec', 'one'],
      ['node.exec', 'one'],
    ],
  );
  assert.ok(events[0]?.message.includes(JSON.stringify(argv)));
  assert.match(events[1]?.message ?? '', /sha256 [0-9a-f]{64} and the arguments \["x"\]/);
  for (const bad of [
    {},
    { argv: [] },
    { argv: ['a\0b'] },
    { argv: ['a'], script: 'b' },
    { argv: ['a'], timeout: 0 },
    { argv: ['a'], timeout: 1e12 },
  ]) {
    assert.equal((await ask(stage, 'POST', '/v1/nodes/one/exec', bad)).body.code, 'input.invalid', JSON.stringify(bad));
  }
  assert.equal((await ask(stage, 'POST', '/v1/nodes/two/exec', { argv })).body.code, 'not-found');
  assert.equal(stage.asked.length, 2);
});

test('CR2 a doctor looks at one node or at all, and puts right only where asked', async () => {
  await using stage = await setStage();
  await ask(stage, 'POST', '/v1/nodes', { name: 'one', ssh });
  const finding = async (method: Method, url: string) => {
    const { body } = await ask<{ nodes: { node: string; checks: { ok: boolean }[] }[] }>(stage, method, url);
    return body.nodes.map(({ node, checks }) => [node, checks[0]?.ok]);
  };
  assert.deepEqual(await finding('GET', '/v1/doctor'), [['all', false]]);
  assert.deepEqual(await finding('GET', '/v1/nodes/one/doctor'), [['one', false]]);
  assert.deepEqual(await finding('POST', '/v1/nodes/one/doctor'), [['one', true]]);
});

test('CR12 images and flavors are listed, an unused image is removed, an unknown one has near names', async () => {
  await using stage = await setStage();
  assert.deepEqual(
    (await ask<Image[]>(stage, 'GET', '/v1/images')).body.map(({ content }) => content?.sha256),
    [imageHash],
  );
  assert.equal((await ask<{ name: string }[]>(stage, 'GET', '/v1/flavors')).body.length, 5);
  assert.equal((await ask(stage, 'POST', '/v1/images/tiny/build-micro')).status, 201);
  assert.equal((await ask(stage, 'DELETE', '/v1/images/tiny')).status, 204);
  const missing = await ask<{ code: string; detail: string; hint?: string }>(stage, 'GET', '/v1/images/micr');
  assert.equal(missing.body.code, 'not-found');
  assert.match(JSON.stringify(missing.body), /micro/);
});
