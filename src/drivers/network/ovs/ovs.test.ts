import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { router } from '../../../../test/support/network.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import { underlayOf } from '../../../model/network/underlay.ts';
import { createOvsDriver } from './ovs.ts';

test('CR2 before a node was inspected, neither its bridge nor a router is made, and nothing reaches the node', async () => {
  const host = new FakeHost({ name: 'n1' });
  const layout = nodeLayout();
  const network = createOvsDriver().on({ host, layout });
  const refusal = { code: 'node.unreachable', message: /n1 is not ready/ };
  await assert.rejects(network.ensureUnderlay(underlayOf(layout)), refusal);
  await assert.rejects(network.ensureRouter(router()), refusal);
  assert.deepEqual(host.commands, []);
});
