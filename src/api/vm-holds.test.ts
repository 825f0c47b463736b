import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, setStage } from '../../test/api/stand-ins.ts';
import { addReadyNode } from '../../test/integration/samples.ts';
import type { VmObserved } from '../model/vm/vm.ts';

test('SC11 a guest is held where its hypervisor can, and what cannot be is answered at once and begins nothing', async () => {
  await using stage = await setStage();
  const { store } = stage;
  const ask = async (method: 'POST', url: string, payload?: object) => {
    const answer = await stage.api.inject({ method, url, headers: { authorization }, ...(payload !== undefined && { payload }) });
    return [answer.statusCode, answer.json().code, answer.json().hint ?? null];
  };
  const text = 'slice: s\nvms: { q: { image: micro }, z: { image: micro } }\n';
  assert.equal((await ask('POST', '/v1/slices/apply', { text }))[0], 200);
  for (const [vm, hypervisor] of [
    ['q', 'qemu'],
    ['z', 'zones'],
  ] as const) {
    const { id } = await store.vms.get('s', vm);
    const { id: nodeId } = await addReadyNode(store, hypervisor, { hypervisor });
    await store.placement.commit([{ kind: 'vm', id, from: null, nodeId, reason: null, group: null }]);
  }
  const observe = async (vm: string, state: VmObserved['state']) => {
    await store.vms.observe([
      { id: (await store.vms.get('s', vm)).id, observed: { state, reason: state === 'unknown' ? 'it is away' : null } },
    ]);
  };
  const pause = (vm: string) => ask('POST', `/v1/slices/s/vms/${vm}/pause`);

  assert.deepEqual((await pause('q')).slice(0, 2), [409, 'vm.not-running']);
  for (const vm of ['q', 'z']) await observe(vm, 'unknown');
  assert.deepEqual(await pause('q'), [503, 'node.unreachable', 'See `croft node show qemu`.']);
  for (const vm of ['q', 'z']) await observe(vm, 'running');
  const tasks = (await store.tasks.list(10)).length;
  const hint = 'See `croft node show zones` for what it can. Use a node with another hypervisor for this VM.';
  assert.deepEqual(await pause('z'), [422, 'unsupported', hint]);
  assert.deepEqual([(await store.vms.get('s', 'z')).desired, (await store.tasks.list(10)).length], ['running', tasks]);
  assert.equal((await pause('q'))[0], 202);
  assert.equal((await store.vms.get('s', 'q')).desired, 'paused');
});
