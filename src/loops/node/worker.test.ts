import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import { until } from '../../../test/support/until.ts';
import { createNoopHypervisor } from '../../drivers/hypervisor/noop/noop.ts';
import { createNoopNetworkDriver } from '../../drivers/network/noop/noop.ts';
import { createSimulatedHost } from '../../host/simulated-host.ts';
import { CroftError } from '../../model/error.ts';
import { type NodeSpecs, nodeConfigSchema } from '../../model/node/node.ts';
import { ConcurrencyLimit } from '../concurrency-limit.ts';
import { NodeWorker } from './worker.ts';
import type { NodeWorkerOptions } from './worker-options.ts';

/**
 * A worker whose store answers when the test permits; `hosts` are the connections that were made to its node, `ended` those that were
 * ended.
 */
function stage() {
  const hosts: FakeHost[] = [];
  const ended: FakeHost[] = [];
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const config = nodeConfigSchema.parse({ name: 'n1' });
  const parts: Partial<NodeWorkerOptions> = {
    nodeId: 'n',
    store: {
      nodes: {
        async byId() {
          await answered;
          return { id: 'n', config };
        },
      },
    } as unknown as NodeWorkerOptions['store'],
    hypervisorOf: () => ({ on: () => ({}) }) as never,
    networkOf: () => ({ on: () => ({}) }) as never,
    images: { giveUp: () => undefined } as never,
    connect() {
      const host = new FakeHost();
      host.end = async () => void ended.push(host);
      hosts.push(host);
      return { host, layout: {} as never };
    },
  };
  return { worker: new NodeWorker(parts as NodeWorkerOptions), hosts, ended, answer };
}

test('CR8 all who ask for a node at one time share one connection, and none is left when its worker ends', async () => {
  const { worker, hosts, ended, answer } = stage();
  const asked = Promise.all([worker.connection(), worker.connection(), worker.connection()]);
  answer();
  const [first, ...others] = await asked;
  assert.equal(hosts.length, 1);
  for (const other of others) assert.equal(other, first);
  await worker.stop();
  assert.deepEqual(ended, hosts);
});

test('CR8 a request for a node just when its worker ends opens no connection that would never be closed', async () => {
  const { worker, hosts, answer } = stage();
  const late = worker.connection();
  await worker.stop();
  answer();
  await assert.rejects(late, { code: 'node.unreachable', message: /n1/ });
  assert.equal(hosts.length, 0);
});

/** A worker of a ready node; `broken` makes the named operations reject from now on. */
function readyStage() {
  const broken = new Set<'store' | 'node'>();
  const logged: unknown[] = [];
  const statuses: string[] = [];
  const specs = { bootId: 'b', memory: 1, memoryAvailable: 1, disk: 1, diskFree: 1, load: 0 } as never as NodeSpecs;
  const config = nodeConfigSchema.parse({ name: 'n1' });
  const node = {
    id: 'n',
    config,
    administration: 'active',
    observed: { status: 'ready', reason: null, specs, seenAt: 0, since: 0, images: [] },
  };
  const passes: string[] = [];
  const fails = (what: 'store' | 'node', error: CroftError) => {
    if (broken.has(what)) throw error;
  };
  const parts = {
    nodeId: 'n',
    reading: new ConcurrencyLimit(1),
    journal: { record: () => undefined },
    store: {
      nodes: { byId: async () => node, observe: async (_: string, { status }: { status: string }) => void statuses.push(status) },
      vms: { list: async () => [], observe: async () => undefined },
      placement: {
        async onNode() {
          passes.push('asked the store');
          fails('store', new CroftError('node.unreachable', 'the way to the store'));
          return {
            wanted: { vms: [], arriving: [], leftovers: [], abandoned: [], images: [], routers: [] },
            ...{ vms: [], routed: [], leaving: [], sliceNames: new Map(), unreadable: new Set() },
          };
        },
        clearLeftovers: async () => undefined,
      },
    },
    hypervisorOf: () => createNoopHypervisor(),
    networkOf: () => createNoopNetworkDriver(),
    images: { giveUp: () => undefined, observe: () => ({ command: { argv: ['true'] }, parse: () => [] }) },
    inspection: {
      async inspect() {
        fails('node', new CroftError('node.unreachable', 'the way to the node'));
        return specs;
      },
      vitals: () => ({ command: { argv: ['true'] }, parse: () => specs }),
    },
    ...{ stopTimes: {}, interval: 1, changed: () => undefined, passed: () => void passes.push('passed') },
    failed: (error: unknown) => void logged.push(error),
    ...{ now: () => 1, clock: () => 1, receiveOn: async () => null },
    connect: () => ({
      host: createSimulatedHost('n1', 0),
      layout: { controllerId: 'c', stateFolder: '/s', runFolder: '/r', bridge: 'b', uplink: null },
    }),
  };
  return { worker: new NodeWorker(parts as never), broken, logged, statuses, passes };
}

test('CR16 a store that fails is logged and asked again soon, and no node is blamed for it', async () => {
  const { worker, broken, logged, statuses, passes } = readyStage();
  broken.add('store');
  worker.wake();
  await until('the failure is logged twice', async () => logged.length >= 2 || undefined);
  assert.deepEqual([statuses, passes.includes('passed')], [[], false]);
  broken.clear();
  await until('a pass goes through', async () => passes.includes('passed') || undefined);
  await worker.stop();
});

test('CR16 a node that fails is marked, and that is no matter of the log', async () => {
  const { worker, broken, logged, statuses } = readyStage();
  broken.add('node');
  worker.wake();
  await until('it is marked', async () => statuses.length > 0 || undefined);
  await worker.stop();
  assert.deepEqual([statuses[0], logged], ['unreachable', []]);
});
