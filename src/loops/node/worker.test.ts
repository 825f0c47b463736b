import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import { nodeConfigSchema } from '../../model/node/node.ts';
import { NodeWorker, type NodeWorkerOptions } from './worker.ts';

/** A worker whose store answers when it is let; `hosts` are the connections that were made to its node, `ended` those that were ended. */
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
    networkOf: () => ({}) as never,
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

test('CR8 who asks for a node just when its worker ends gets no connection that nobody would end', async () => {
  const { worker, hosts, answer } = stage();
  const late = worker.connection();
  await worker.stop();
  answer();
  await assert.rejects(late, { code: 'node.unreachable', message: /n1/ });
  assert.equal(hosts.length, 0);
});
