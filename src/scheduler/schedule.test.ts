import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { capacityOf, demandOf, nothing, promisedByNode } from '../model/capacity.ts';
import { gibibyte, mebibyte } from '../model/flavor.ts';
import { type Node, type NodeConfigInput, type NodeObserved, nodeConfigSchema } from '../model/node.ts';
import type { Slice } from '../model/slice.ts';
import { unobserved, type Vm } from '../model/vm.ts';
import { type Snapshot, schedule } from './schedule.ts';

const options = { now: 1_000_000, routerGrace: 60_000 };

function node(
  name: string,
  { memory = 4 * gibibyte, cpus = 4, ...rest }: { memory?: number; cpus?: number } & Partial<NodeObserved> = {},
  config: Partial<NodeConfigInput> = {},
): Node {
  const specs = {
    ...{
      architecture: 'x86_64',
      kernel: '6.1',
      operatingSystem: 'Debian',
      bootId: 'b',
      memoryAvailable: memory,
      diskFree: 100 * gibibyte,
      load: 0,
    },
    ...{ cpus, memory, disk: 100 * gibibyte, accelerator: { kind: 'tcg' as const, reason: '' }, tools: {}, datapath: 'netdev' as const },
  };
  return {
    id: `id-${name}`,
    config: nodeConfigSchema.parse({ name, ...config }),
    administration: 'active',
    observed: { status: 'ready', reason: null, seenAt: 0, since: 0, specs, ...rest },
    createdAt: 0,
  };
}

function vm(
  id: string,
  { nodeId = null, memory = 256 * mebibyte, cpus = 1 }: { nodeId?: string | null; memory?: number; cpus?: number } = {},
): Vm {
  const spec = { name: id, image: 'micro', cpus, memory, disk: null, nics: [], restart: 'never' as const, userData: null, sshKeys: [] };
  return {
    ...{
      id,
      sliceId: 's',
      slice: 's',
      name: id,
      spec,
      desired: 'running',
      generation: 1,
      boot: 0,
      imageId: 'i',
      nodeId,
      pendingReason: null,
    },
    ...{ observed: unobserved, nics: [], createdAt: 0 },
  };
}

function slice(id: string, routerNodeId: string | null = null): Slice {
  const spec = { name: id, networks: [], vms: [] };
  return { id, name: id, spec, generation: 1, desired: 'running', transit: 0, routerNodeId, routerReason: null, createdAt: 0 };
}

function snapshot(nodes: Node[], vms: Vm[], slices: Slice[] = []): Snapshot {
  return { nodes, vms, slices, routed: new Set(slices.map(({ id }) => id)) };
}

test('CR4 VMs spread over the nodes by what is promised there', () => {
  const decisions = schedule(snapshot([node('a'), node('b')], [vm('1'), vm('2'), vm('3'), vm('4')]), options);
  assert.deepEqual(
    decisions.map(({ nodeId }) => nodeId),
    ['id-a', 'id-b', 'id-a', 'id-b'],
  );
});

test('CR4 a VM that fits nowhere stays pending and says why for every node', () => {
  const draining: Node = { ...node('c'), administration: 'draining' };
  const nodes = [
    node('a', { memory: gibibyte }),
    node('b', { status: 'unreachable', reason: 'no route' }),
    draining,
    node('d', {}, { roles: ['network'] }),
  ];
  const [decision] = schedule(snapshot(nodes, [vm('1', { memory: 2 * gibibyte })]), options);
  assert.equal(decision?.nodeId, null);
  assert.equal(
    decision?.reason,
    'a: needs 2 GiB of memory, 1 GiB is free; b: is unreachable (no route); c: is draining; d: does not have the role compute',
  );
});

test('CR4 a reason that is recorded already is not decided again', () => {
  const waiting = vm('1', { memory: 64 * gibibyte });
  const [first] = schedule(snapshot([node('a')], [waiting]), options);
  assert.deepEqual(schedule(snapshot([node('a')], [{ ...waiting, pendingReason: first?.reason ?? '' }]), options), []);
});

test('CR4 a VM without any node is told to add one', () => {
  const [decision] = schedule(snapshot([], [vm('1')]), options);
  assert.match(decision?.reason ?? '', /croft node add/);
});

test('CR5 routers go to network nodes, the one with the fewest first', () => {
  const nodes = [node('a', {}, { roles: ['compute'] }), node('b'), node('c')];
  const decisions = schedule(snapshot(nodes, [], [slice('1', 'id-b'), slice('2'), slice('3')]), options);
  assert.deepEqual(
    decisions.map(({ id, nodeId }) => [id, nodeId]),
    [
      ['2', 'id-c'],
      ['3', 'id-b'],
    ],
  );
});

test('CR5 a router leaves a node that died, but only after the grace time and only where another can take it', () => {
  const since = options.now - options.routerGrace;
  const dead = node('a', { status: 'unreachable', since });
  const moved = schedule(snapshot([dead, node('b')], [], [slice('1', 'id-a')]), options);
  assert.deepEqual(moved, [{ kind: 'router', id: '1', from: 'id-a', nodeId: 'id-b', reason: null }]);
  const fresh = node('a', { status: 'unreachable', since: since + 1 });
  assert.deepEqual(schedule(snapshot([fresh, node('b')], [], [slice('1', 'id-a')]), options), []);
  assert.deepEqual(schedule(snapshot([dead], [], [slice('1', 'id-a')]), options), []);
});

test('CR5 a VM on an unreachable node is never placed a second time', () => {
  const dead = node('a', { status: 'unreachable', since: 0 });
  assert.deepEqual(schedule(snapshot([dead, node('b')], [vm('1', { nodeId: 'id-a' })]), options), []);
});

const nodesArbitrary = fc
  .array(fc.record({ memory: fc.integer({ min: 0, max: 8 }), cpus: fc.integer({ min: 1, max: 8 }) }), { maxLength: 6 })
  .map((sizes) => sizes.map(({ memory, cpus }, index) => node(`n${index}`, { memory: memory * gibibyte, cpus })));
const vmsArbitrary = fc
  .array(fc.record({ memory: fc.integer({ min: 1, max: 40 }), cpus: fc.integer({ min: 1, max: 40 }) }), { maxLength: 40 })
  .map((sizes) => sizes.map(({ memory, cpus }, index) => vm(`v${index}`, { memory: memory * 256 * mebibyte, cpus })));

test('CR3 no node is ever promised more than it has, and the same input gives the same answer', () => {
  fc.assert(
    fc.property(nodesArbitrary, vmsArbitrary, (nodes, vms) => {
      const decisions = schedule(snapshot(nodes, vms), options);
      assert.deepEqual(schedule(snapshot(nodes, vms), options), decisions);
      const places = new Map(decisions.map(({ id, nodeId }) => [id, nodeId]));
      const used = promisedByNode(vms.map(({ id, spec }) => ({ nodeId: places.get(id) ?? null, demand: demandOf(spec) })));
      for (const one of nodes) {
        const capacity = capacityOf(one) ?? nothing;
        const promised = used.get(one.id) ?? nothing;
        assert.ok(promised.cpus <= capacity.cpus && promised.memory <= capacity.memory && promised.disk <= capacity.disk);
      }
    }),
  );
});

test('CR4 a VM stays pending only where it really fits on no node as they are filled in the end', () => {
  fc.assert(
    fc.property(nodesArbitrary, vmsArbitrary, (nodes, vms) => {
      const places = new Map(schedule(snapshot(nodes, vms), options).map(({ id, nodeId }) => [id, nodeId]));
      const used = promisedByNode(vms.map(({ id, spec }) => ({ nodeId: places.get(id) ?? null, demand: demandOf(spec) })));
      for (const one of vms.filter(({ id }) => places.get(id) === null)) {
        const demand = demandOf(one.spec);
        const fits = nodes.some((candidate) => {
          const capacity = capacityOf(candidate) ?? nothing;
          const promised = used.get(candidate.id) ?? nothing;
          return promised.cpus + demand.cpus <= capacity.cpus && promised.memory + demand.memory <= capacity.memory;
        });
        assert.equal(fits, false);
      }
    }),
  );
});
