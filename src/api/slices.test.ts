import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, type Stage, sampleImage, setStage } from '../../test/api/stand-ins.ts';
import { nodeSpecs } from '../../test/integration/samples.ts';
import { nodeConfigSchema } from '../model/node/node.ts';
import type { ApplyAnswer, PlanAnswer } from '../model/operations.ts';
import type { Problem } from '../model/problem.ts';
import type { SliceView } from '../model/slice/view.ts';
import type { Task } from '../model/task.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import type { VmView } from '../model/vm/view.ts';

const hello = `slice: hello
networks:
  lan: { cidr: 192.168.50.0/24, internet: true }
  wire: { link: [web.eth1, db.eth1] }
vms:
  web: { image: micro, flavor: mini, nics: [lan, wire] }
  db: { image: micro, cpus: 1, memory: 256MiB, nics: [lan, wire] }
`;

async function ask<T>(
  { api }: Stage,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  payload?: object,
): Promise<{ status: number; body: T }> {
  const answer = await api.inject({ method, url, headers: { authorization }, ...(payload !== undefined && { payload }) });
  return { status: answer.statusCode, body: answer.json() as T };
}

const apply = (stage: Stage, payload: object) => ask<ApplyAnswer & Problem>(stage, 'POST', '/v1/slices/apply', payload);
/** Without the ends of tasks that a later task replaced. */
const eventKinds = async ({ store }: Stage): Promise<string[]> =>
  (await store.events.after(0, 100)).map(({ kind }) => kind).filter((kind) => kind !== 'task.ended');

test('CR9 plan shows the difference and changes nothing; apply commits it, records it and wakes the loops', async () => {
  await using stage = await setStage();
  const plan = await ask<PlanAnswer>(stage, 'POST', '/v1/slices/plan', { text: hello });
  assert.equal(plan.status, 200);
  assert.equal(plan.body.against, null);
  assert.deepEqual(
    plan.body.vms.map(({ kind, name }) => `${kind} ${name}`),
    ['create web', 'create db'],
  );
  assert.deepEqual(await stage.store.slices.list(), []);
  assert.equal(stage.wakes(), 0);

  const { status, body } = await apply(stage, { text: hello });
  assert.equal(status, 200);
  assert.deepEqual(body.lines, plan.body.lines);
  assert.equal(body.task?.kind, 'slice.apply');
  assert.equal(body.task?.generation, body.slice.generation);
  assert.deepEqual(body.slice.vms, { total: 2, running: 0, failed: 0, pending: 2 });
  assert.equal(stage.wakes(), 1);
  assert.deepEqual(await eventKinds(stage), ['slice.applied']);
});

test('CR4 plan foretells where new VMs would go, and why one would wait', async () => {
  await using stage = await setStage();
  const plan = async (text: string) => (await ask<PlanAnswer>(stage, 'POST', '/v1/slices/plan', { text })).body.places;
  const reason = 'there is no node yet; add one with `croft node add`';
  assert.deepEqual(await plan(hello), [
    { vm: 'web', node: null, reason },
    { vm: 'db', node: null, reason },
  ]);
  const { id } = await stage.store.nodes.add(nodeConfigSchema.parse({ name: 'n1' }));
  await stage.store.nodes.observe(id, {
    status: 'ready',
    reason: null,
    seenAt: 1,
    since: 1,
    specs: nodeSpecs(4, 4 * gibibyte),
    images: [],
  });
  const big = `${hello}  big: { image: micro, cpus: 1, memory: 64GiB }\n  later: { image: late-1 }\n`;
  assert.deepEqual(await plan(big), [
    { vm: 'web', node: 'n1', reason: null },
    { vm: 'db', node: 'n1', reason: null },
    {
      ...{ vm: 'big', node: null },
      reason: 'is larger than any node: needs 64 GiB of memory, and the most that one has is 4 GiB of memory',
    },
    { vm: 'later', node: null, reason: 'image late-1 has to be fetched first' },
  ]);
  await apply(stage, { text: hello });
  assert.deepEqual(await plan(hello), [], 'nothing new is made');
});

test('CR9 applying the same file again, as text or as an object, does nothing', async () => {
  await using stage = await setStage();
  const first = await apply(stage, { text: hello });
  const file = {
    slice: 'hello',
    networks: { lan: { cidr: '192.168.50.0/24', internet: true }, wire: { link: ['web.eth1', 'db.eth1'] } },
    vms: {
      web: { image: 'micro', flavor: 'mini', nics: ['lan', 'wire'] },
      db: { image: 'micro', cpus: 1, memory: '256MiB', nics: ['lan', 'wire'] },
    },
  };
  for (const document of [{ text: hello }, { file }]) {
    const { body } = await apply(stage, document);
    assert.equal(body.task?.id, first.body.task?.id, 'what is under way goes on');
    assert.deepEqual(body.lines, []);
    assert.equal(body.slice.generation, first.body.slice.generation);
  }
  assert.equal(stage.wakes(), 1);
});

test('CR9 a VM is recreated only when that was allowed; the refusal says which', async () => {
  await using stage = await setStage();
  await stage.store.images.put(sampleImage('other', 'b'.repeat(64)));
  await apply(stage, { text: hello });
  const edited = hello.replace('web: { image: micro', 'web: { image: other');
  const refused = await apply(stage, { text: edited });
  assert.equal(refused.status, 409);
  assert.equal(refused.body.code, 'conflict.confirm');
  assert.match(refused.body.detail, /web \(image\)/);
  assert.doesNotMatch(refused.body.detail, /db/);
  assert.equal((await apply(stage, { text: edited, allowRecreate: true })).status, 200);
});

test('MH8 a volume loses its data only when that was allowed; the refusal names it, and growing needs no leave', async () => {
  await using stage = await setStage();
  const withVolumes = (volumes: string) => hello.replace('web: { image: micro', `web: { image: micro, volumes: [${volumes}]`);
  await apply(stage, { text: withVolumes('{ name: data, size: 1GiB }, { name: base, image: micro }') });
  assert.equal((await apply(stage, { text: withVolumes('{ name: data, size: 2GiB }, { name: base, image: micro }') })).status, 200);
  const fewer = withVolumes('{ name: data, size: 2GiB }');
  const refused = await apply(stage, { text: fewer });
  assert.equal(refused.status, 409);
  assert.equal(refused.body.code, 'conflict.confirm');
  assert.match(refused.body.detail, /volumes would lose their data: web \(base of image micro\)/);
  const allowed = await apply(stage, { text: fewer, allowRecreate: true });
  assert.equal(allowed.status, 200);
  assert.match(allowed.body.lines.join(), /base of image micro → none \(its data is lost\)$/);
});

test('SC11 plan and apply say of a VM that runs what its hypervisor can do meanwhile, and of one that does not nothing of it', async () => {
  await using stage = await setStage({ abilitiesOf: (hypervisor) => new Set(hypervisor === 'qemu' ? ['hotplug-volume'] : []) });
  const { store } = stage;
  const node = await store.nodes.add(nodeConfigSchema.parse({ name: 'n1' }));
  await store.nodes.observe(node.id, { status: 'ready', reason: null, seenAt: 1, since: 1, specs: nodeSpecs(8, 8 * gibibyte), images: [] });
  await apply(stage, { text: hello });
  const web = await store.vms.get('hello', 'web');
  const edited = hello.replace('flavor: mini', 'flavor: mini, volumes: [{ name: data, size: 1GiB }], cpus: 2');
  const lines = async () => (await ask<PlanAnswer>(stage, 'POST', '/v1/slices/plan', { text: edited })).body.lines;
  assert.deepEqual(await lines(), ['~ vm web: cpus 1 → 2, volumes none → data 1GiB']);
  await store.placement.commit([{ kind: 'vm', id: web.id, from: null, nodeId: node.id, reason: null, group: null }]);
  assert.deepEqual(await lines(), ['~ vm web: cpus 1 → 2, volumes none → data 1GiB (restart)']);
  await store.vms.observe([{ id: web.id, observed: { state: 'running' } }]);
  const foretold = ['~ vm web: cpus 1 → 2 (at its next start), volumes none → data 1GiB (while it runs)'];
  assert.deepEqual(await lines(), foretold);
  assert.deepEqual((await apply(stage, { text: edited })).body.lines, foretold);
});

test('CR9 an apply against another generation is refused', async () => {
  await using stage = await setStage();
  assert.equal((await apply(stage, { text: hello, against: null })).status, 200);
  const edited = hello.replace('cpus: 1', 'cpus: 2');
  for (const against of [null, 99]) {
    const refused = await apply(stage, { text: edited, against });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, 'conflict.changed');
  }
});

test('CR9 an edit that comes between comparing and committing is compared again, and refused where a generation was given', async () => {
  await using stage = await setStage();
  await apply(stage, { text: hello });
  const { store } = stage;
  const commit = store.commit.bind(store);
  /** Before the next commit another caller's commit is made. */
  const interfere = (theirs: string): void => {
    store.commit = async (by, work) => {
      store.commit = commit;
      await apply(stage, { text: theirs });
      return commit(by, work);
    };
  };
  const ours = hello.replace('cpus: 1', 'cpus: 2');
  interfere(hello.replace('cpus: 1', 'cpus: 3'));
  const merged = await apply(stage, { text: ours });
  assert.equal(merged.status, 200);
  assert.equal(merged.body.slice.generation, 3);
  assert.match(merged.body.lines.join(), /cpus 3 → 2/);

  interfere(hello.replace('cpus: 1', 'cpus: 4'));
  const refused = await apply(stage, { text: hello, against: 3 });
  assert.equal(refused.body.code, 'conflict.changed');
});

test('CR9 a wrong file is refused with line and column, and near names', async () => {
  await using stage = await setStage();
  const unknownImage = await apply(stage, { text: hello.replace('image: micro, flavor', 'image: micr, flavor') });
  assert.equal(unknownImage.status, 400);
  assert.equal(unknownImage.body.code, 'input.invalid');
  const [issue] = unknownImage.body.issues ?? [];
  assert.match(issue?.message ?? '', /did you mean micro/);
  assert.deepEqual([issue?.path, issue?.line], ['vms.web.image', 6]);
  assert.ok((issue?.column ?? 0) > 1);

  const syntax = await apply(stage, { text: 'slice: hello\nvms: [\n' });
  assert.equal(syntax.body.code, 'input.syntax');
  assert.ok((syntax.body.issues?.[0]?.line ?? 0) >= 2);

  for (const name of ['n'.repeat(300), 'a$(reboot)', 'wéb']) {
    const { status, body } = await apply(stage, { file: { slice: 'x', vms: { [name]: { image: 'micro' } } } });
    assert.equal(status, 400, name);
    assert.equal(body.code, 'input.invalid');
  }
  assert.deepEqual(await stage.store.slices.list(), []);
});

test('CR9 an exported slice applies to itself without a difference', async () => {
  await using stage = await setStage();
  await apply(stage, { text: hello });
  const exported = await stage.api.inject({ url: '/v1/slices/hello/export', headers: { authorization } });
  assert.equal(exported.headers['content-type'], 'application/yaml');
  assert.match(exported.body, /^slice: hello/);
  const plan = await ask<PlanAnswer>(stage, 'POST', '/v1/slices/plan', { text: exported.body });
  assert.deepEqual(plan.body.lines, []);
});

test('CR9 a slice is shown whole, stopped, started and removed; what is being removed cannot be applied', async () => {
  await using stage = await setStage();
  await apply(stage, { text: hello });
  const shown = (await ask<SliceView>(stage, 'GET', '/v1/slices/hello')).body;
  assert.deepEqual(
    shown.networks.map(({ name, cidr, link }) => [name, cidr, link]),
    [
      ['lan', '192.168.50.0/24', false],
      ['wire', shown.networks[1]?.cidr, true],
    ],
  );
  assert.deepEqual(shown.router, { node: null, reason: shown.router?.reason ?? null });
  assert.deepEqual(
    shown.vms.map(({ name, nics }) => [name, nics.length]),
    [
      ['db', 2],
      ['web', 2],
    ],
  );
  for (const [method, path, kind, desired] of [
    ['POST', '/stop', 'slice.stop', 'stopped'],
    ['POST', '/start', 'slice.start', 'running'],
    ['DELETE', '', 'slice.remove', 'absent'],
  ] as const) {
    const { status, body } = await ask<Task>(stage, method, `/v1/slices/hello${path}`);
    assert.equal(status, 202);
    assert.equal(body.kind, kind);
    assert.equal((await stage.store.slices.get('hello')).desired, desired);
    assert.equal((await ask<Task>(stage, 'GET', `/v1/tasks/${body.id}`)).body.state, 'running');
  }
  assert.equal((await apply(stage, { text: hello })).body.code, 'conflict.in-use');
  assert.deepEqual(await eventKinds(stage), ['slice.applied', 'slice.stop', 'slice.start', 'slice.remove']);
});

test('CR10 a VM is listed, restarted, stopped and removed on its own, each recorded', async () => {
  await using stage = await setStage();
  await apply(stage, { text: hello.replace('  wire: { link: [web.eth1, db.eth1] }\n', '').replaceAll('[lan, wire]', '[lan]') });
  await apply(stage, { text: 'slice: other\nvms: { web: { image: micro } }\n' });
  const list = async (query: string): Promise<string[]> =>
    (await ask<VmView[]>(stage, 'GET', `/v1/vms${query}`)).body.map(({ slice, name }) => `${slice}/${name}`);
  assert.deepEqual(await list(''), ['hello/db', 'hello/web', 'other/web']);
  assert.deepEqual(await list('?slice=other'), ['other/web']);
  assert.equal((await ask<Problem>(stage, 'GET', '/v1/vms?slice=othr')).body.code, 'not-found');
  const path = '/v1/slices/hello/vms/web';
  for (const [method, suffix, kind] of [
    ['POST', '/stop', 'vm.stop'],
    ['POST', '/start', 'vm.start'],
    ['POST', '/restart', 'vm.restart'],
    ['DELETE', '', 'vm.remove'],
  ] as const) {
    const { status, body } = await ask<Task>(stage, method, `${path}${suffix}`);
    assert.equal(status, 202);
    assert.deepEqual([body.kind, body.subject, body.vm], [kind, 'hello', 'web']);
  }
  assert.equal((await ask<VmView>(stage, 'GET', path)).body.desired, 'absent');
  assert.equal((await stage.store.vms.get('other', 'web')).desired, 'running');
  assert.deepEqual((await eventKinds(stage)).slice(2), ['vm.stop', 'vm.start', 'vm.restart', 'vm.remove']);
});
