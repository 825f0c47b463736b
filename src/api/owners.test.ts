import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, authorizationOf, type Stage, setStage } from '../../test/api/stand-ins.ts';
import { addReadyNode } from '../../test/integration/samples.ts';
import { placementNews } from '../loops/placement/news.ts';
import { workerOf } from '../loops/vm/worker.ts';
import type { Event } from '../model/event.ts';
import type { ApplyAnswer } from '../model/operations.ts';
import type { SliceSummary, SliceView } from '../model/slice/view.ts';
import type { Task } from '../model/task.ts';
import type { VmView } from '../model/vm/view.ts';
import { schedule } from '../scheduler/schedule.ts';
import type { Store } from '../store/store.ts';

type Asker = 'admin' | 'ann' | 'bob';

async function ask<T>(
  { api }: Stage,
  asker: Asker,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
): Promise<{ status: number; body: T; text: string }> {
  const headers = { authorization: asker === 'admin' ? authorization : authorizationOf(asker) };
  const answer = await api.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
  const isJson = answer.headers['content-type']?.includes('json');
  return { status: answer.statusCode, body: (isJson ? answer.json() : undefined) as T, text: answer.body };
}

const file = (vm: string) => ({ file: { slice: 'hello', vms: { [vm]: { image: 'micro', cpus: 1, memory: '64MiB' } } } });

/** A stage on which all three have applied a slice `hello`, each with a VM of its own name. */
async function setStageOfThree(): Promise<Stage> {
  const stage = await setStage();
  for (const asker of ['admin', 'ann', 'bob'] as const) {
    const { status, body } = await ask<ApplyAnswer>(stage, asker, 'POST', '/v1/slices/apply', file(`vm-of-${asker}`));
    assert.equal(status, 200);
    assert.deepEqual([body.slice.name, body.slice.owner, body.task?.subject, body.task?.owner], ['hello', asker, 'hello', asker]);
  }
  return stage;
}

test('CR13 each has a slice of the same name and means its own by it', async () => {
  await using stage = await setStageOfThree();
  for (const asker of ['admin', 'ann', 'bob'] as const) {
    const { body } = await ask<SliceView>(stage, asker, 'GET', '/v1/slices/hello');
    assert.deepEqual(
      body.vms.map(({ slice, name }) => `${slice}/${name}`),
      [`hello/vm-of-${asker}`],
    );
    assert.match((await ask(stage, asker, 'GET', '/v1/slices/hello/export')).text, /^slice: hello$/m);
  }
});

test('CR13 a member is shown its own slices, VMs, tasks and events only', async () => {
  await using stage = await setStageOfThree();
  await stage.store.events.append([{ kind: 'vm.running', slice: 'hello', vm: 'vm-of-admin', message: 'runs' }]);
  const list = async <T>(url: string) => (await ask<T[]>(stage, 'ann', 'GET', url)).body;
  assert.deepEqual(
    (await list<SliceSummary>('/v1/slices')).map(({ name, owner }) => [name, owner]),
    [['hello', 'ann']],
  );
  assert.deepEqual(
    (await list<VmView>('/v1/vms')).map(({ slice, name }) => `${slice}/${name}`),
    ['hello/vm-of-ann'],
  );
  assert.deepEqual(
    (await list<Task>('/v1/tasks')).map(({ subject, owner }) => [subject, owner]),
    [['hello', 'ann']],
  );
  assert.deepEqual(
    (await list<Event>('/v1/events')).map(({ kind, slice, actor }) => [kind, slice, actor]),
    [['slice.applied', 'hello', 'ann']],
  );
});

test('CR13 what belongs to another is not there for a member, whatever it asks for', async () => {
  await using stage = await setStageOfThree();
  const [task] = (await ask<Task[]>(stage, 'bob', 'GET', '/v1/tasks')).body;
  const before = (await stage.store.slices.get('bob:hello')).generation;
  const requests = [
    ['GET', '/v1/slices/bob:hello'],
    ['GET', '/v1/slices/admin:hello'],
    ['GET', '/v1/slices/bob:hello/export'],
    ['POST', '/v1/slices/bob:hello/stop'],
    ['DELETE', '/v1/slices/bob:hello'],
    ['GET', '/v1/vms?slice=bob:hello'],
    ['GET', '/v1/slices/bob:hello/vms/vm-of-bob'],
    ['GET', '/v1/slices/hello/vms/vm-of-bob'],
    ['POST', '/v1/slices/bob:hello/vms/vm-of-bob/stop'],
    ['DELETE', '/v1/slices/bob:hello/vms/vm-of-bob'],
    ['GET', '/v1/slices/bob:hello/vms/vm-of-bob/console-log'],
    ['GET', '/v1/slices/bob:hello/vms/vm-of-bob/snapshots'],
    ['GET', '/v1/events/stream?slice=bob:hello'],
    ['GET', `/v1/tasks/${task?.id}`],
  ] as const;
  for (const [method, url] of requests) assert.equal((await ask(stage, 'ann', method, url)).status, 404, `${method} ${url}`);
  assert.equal((await stage.store.slices.get('bob:hello')).generation, before);
});

test('CR13 a member administers nothing that all share, and makes slices for itself only', async () => {
  await using stage = await setStageOfThree();
  const requests = [
    ['GET', '/v1/nodes'],
    ['POST', '/v1/nodes'],
    ['POST', '/v1/nodes/one/exec'],
    ['DELETE', '/v1/images/micro'],
    ['POST', '/v1/images/micro/verify'],
    ['GET', '/v1/metrics'],
    ['GET', '/v1/backup'],
    ['POST', '/v1/restore'],
    ['POST', '/v1/slices/apply?owner=bob'],
    ['POST', '/v1/slices/plan?owner=bob'],
  ] as const;
  for (const [method, url] of requests) assert.equal((await ask(stage, 'ann', method, url)).status, 403, `${method} ${url}`);
  for (const url of ['/v1/images', '/v1/flavors', '/v1/version']) assert.equal((await ask(stage, 'ann', 'GET', url)).status, 200, url);
});

test('CR13 the administrator sees the slices of all, and works with those of others by their owners', async () => {
  await using stage = await setStageOfThree();
  const names = (await ask<SliceSummary[]>(stage, 'admin', 'GET', '/v1/slices')).body.map(({ name }) => name);
  assert.deepEqual(names, ['hello', 'ann:hello', 'bob:hello']);
  assert.equal((await ask<SliceView>(stage, 'admin', 'GET', '/v1/slices/admin:hello')).body.name, 'hello');
  assert.deepEqual(
    (await ask<VmView[]>(stage, 'admin', 'GET', '/v1/vms?slice=ann:hello')).body.map(({ slice, name }) => `${slice}/${name}`),
    ['ann:hello/vm-of-ann'],
  );
  const stopped = await ask<Task>(stage, 'admin', 'POST', '/v1/slices/ann:hello/vms/vm-of-ann/stop');
  assert.deepEqual([stopped.body.subject, stopped.body.owner], ['ann:hello', 'ann']);
  const planned = await ask<{ slice: string }>(stage, 'admin', 'POST', '/v1/slices/plan?owner=bob', file('new'));
  assert.equal(planned.body.slice, 'bob:hello');
  const applied = await ask<ApplyAnswer>(stage, 'admin', 'POST', '/v1/slices/apply?owner=bob', file('vm-of-bob'));
  assert.equal(applied.body.slice.name, 'bob:hello');
  const seen = (await ask<Event[]>(stage, 'ann', 'GET', '/v1/events')).body.at(-1);
  assert.deepEqual([seen?.kind, seen?.slice, seen?.actor], ['vm.stop', 'hello', 'admin']);
  const desired = async (slice: string) => (await stage.store.vms.list({ slice })).map((vm) => vm.desired);
  assert.deepEqual(
    [await desired('hello'), await desired('ann:hello'), await desired('bob:hello')],
    [['running'], ['stopped'], ['running']],
  );
});

test('CR13 pages of VMs stay within what a member is shown', async () => {
  await using stage = await setStageOfThree();
  const headers = { authorization };
  const first = await stage.api.inject({ url: '/v1/vms?limit=2', headers });
  const next = String(first.headers.next);
  const rest = await stage.api.inject({ url: `/v1/vms?limit=2&after=${next}`, headers });
  assert.deepEqual(
    [...first.json(), ...rest.json()].map(({ slice }: VmView) => slice),
    ['hello', 'ann:hello', 'bob:hello'],
  );
  const answer = await ask<VmView[]>(stage, 'ann', 'GET', `/v1/vms?limit=2&after=${next}`);
  assert.deepEqual(answer.body, []);
});

test('CR13 what is done to a node or an image is recorded with who asked for it', async () => {
  await using stage = await setStage();
  await ask(stage, 'admin', 'POST', '/v1/nodes', { name: 'one', ssh: { address: '192.0.2.1' } });
  await ask(stage, 'admin', 'POST', '/v1/nodes/one/exec', { argv: ['id'] });
  const events = (await stage.store.events.after(0, 10)).map(({ kind, actor }) => [kind, actor]);
  assert.deepEqual(events, [
    ['node.added', 'admin'],
    ['node.exec', 'admin'],
  ]);
});

test('CR13 nothing that a member reads names the VM of another owner that is in its way', async () => {
  const refusal = (store: Store) => async (slice: string, name: string) => workerOf({} as never, await store.vms.get(slice, name)) as never;
  await using stage = await setStage((store) => ({ console: { open: refusal(store), log: refusal(store) } }));
  const { store } = stage;
  const { id: nodeId } = await addReadyNode(store, 'n1', { cpus: 1, overcommit: { cpus: 1, memory: 1, disk: 1 } });
  await ask(stage, 'admin', 'POST', '/v1/slices/apply', file('secret-vm'));
  const [secret] = await store.vms.list();
  await store.placement.commit([{ kind: 'vm', id: secret?.id ?? '', from: null, nodeId, reason: null, group: null }]);
  await ask(stage, 'ann', 'POST', '/v1/slices/apply', file('mine'));
  const snapshot = await store.placement.snapshot();
  const { assignments } = schedule(snapshot, { policy: 'spread', now: 0, routerGrace: 0 });
  await store.placement.commit(assignments);
  await store.events.append(placementNews(assignments, snapshot, new Set()));
  const urls = ['/v1/vms', '/v1/slices/hello', '/v1/slices/hello/vms/mine', '/v1/events'];
  const read = async (asker: Asker) => {
    const texts = await Promise.all(
      urls.map((url) => ask(stage, asker, 'GET', asker === 'admin' ? url.replace('hello', 'ann:hello') : url)),
    );
    const log = await ask(stage, asker, 'GET', `/v1/slices/${asker === 'admin' ? 'ann:' : ''}hello/vms/mine/console-log`);
    const plan = await ask(stage, asker, 'POST', '/v1/slices/plan', { file: { ...file('another').file, slice: 'third' } });
    return [...texts, log, plan].map(({ text }) => text);
  };
  for (const text of await read('admin')) assert.match(text, /would fit on n1 if hello\/secret-vm \(1 CPU\) were removed/);
  for (const text of await read('ann')) {
    assert.match(text, /would fit on n1 if a VM of another owner \(1 CPU\) were removed/);
    assert.doesNotMatch(text, /secret/);
  }
});
