import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorization, setStage } from '../../test/api/stand-ins.ts';
import { nodeConfigSchema } from '../model/node/node.ts';
import { gibibyte } from '../model/vm/flavor.ts';

test('CR16 metrics tell the state of nodes and VMs as they are when asked', async () => {
  await using stage = await setStage();
  const { api, store } = stage;
  const node = await store.nodes.add(nodeConfigSchema.parse({ name: 'n1' }));
  const specs = {
    ...{
      architecture: 'x86_64',
      kernel: '6',
      operatingSystem: 'Debian',
      bootId: 'b',
      cpus: 4,
      memory: 8 * gibibyte,
      memoryAvailable: 7 * gibibyte,
    },
    ...{
      disk: gibibyte,
      diskFree: gibibyte,
      diskForeign: 0,
      load: 0.5,
      accelerator: { kind: 'tcg' as const, reason: '' },
      tools: {},
      datapath: 'netdev' as const,
      firmwares: [],
      hypervisors: ['qemu'],
    },
  };
  await store.nodes.observe(node.id, { status: 'ready', reason: null, seenAt: 1, since: 1, specs, images: [] });
  const file = { slice: 'hello', vms: { web: { image: 'micro', cpus: 1, memory: '256MiB', nics: [] } } };
  const applied = await api.inject({ method: 'POST', url: '/v1/slices/apply', headers: { authorization }, payload: { file } });
  assert.equal(applied.statusCode, 200, applied.body);
  const answer = await api.inject({ url: '/v1/metrics', headers: { authorization } });
  assert.equal(answer.statusCode, 200);
  assert.match(answer.headers['content-type'] as string, /^text\/plain/);
  for (const line of [
    'croft_node_status{node="n1",status="ready"} 1',
    'croft_node_status{node="n1",status="unreachable"} 0',
    `croft_node_size{node="n1",resource="memory",kind="total"} ${8 * gibibyte}`,
    'croft_node_load{node="n1"} 0.5',
    'croft_vms{state="none"} 1',
    'croft_vms_pending 1',
    'croft_slices{desired="running"} 1',
  ]) {
    assert.ok(answer.body.includes(`${line}\n`), `${line} is missing in\n${answer.body}`);
  }
});

test('CR16 metrics need the token', async () => {
  await using stage = await setStage();
  assert.equal((await stage.api.inject({ url: '/v1/metrics' })).statusCode, 401);
});
