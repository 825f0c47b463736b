import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../test/support/node.ts';
import { createNoopHypervisor } from '../../drivers/hypervisor/noop/noop.ts';
import { CroftError } from '../../model/error.ts';
import type { Capability } from '../../model/vm/capability.ts';
import { unobserved } from '../../model/vm/vm.ts';
import { VmOperations, type VmOperationsOptions } from './operations.ts';

const layout = nodeLayout();

/** Of one VM, `s/web`, on a node whose hypervisor can do this; on none where that is null. */
function operationsWith(can: Capability[] | null) {
  const hypervisor = createNoopHypervisor({ can: can ?? [] });
  const node = { host: new FakeHost({ name: 'n1' }), layout };
  const worker = { connection: async () => ({ ...node, hypervisor: hypervisor.on(node) }) };
  const vm = { id: 'a', slice: 's', name: 'web', nodeId: can === null ? null : 'n', observed: unobserved, pendingReason: 'no room' };
  const options = { store: { vms: { get: async () => vm } }, fleet: { worker: () => worker } } as never as VmOperationsOptions;
  return { operations: new VmOperations(options), hypervisor };
}

test('SC11 what a VM printed is refused where its hypervisor keeps nothing of it, with the node', async () => {
  const { operations } = operationsWith(['vnc']);
  await assert.rejects(operations.consoleLog('s', 'web', 10), {
    code: 'unsupported',
    node: 'n1',
    message: /console-log/,
    hint: /node show n1/,
  });
});

test('SC11 a VM that never printed anything, or has no node, is named with what helps', async () => {
  const { operations, hypervisor } = operationsWith(['console-log']);
  hypervisor.failNext('consoleLog', 'a', new CroftError('not-found', 'VM a has no console log on n1', { node: 'n1' }));
  await assert.rejects(operations.consoleLog('s', 'web', 10), {
    code: 'not-found',
    node: 'n1',
    message: /VM s\/web/,
    hint: /vm start s\/web/,
  });
  await assert.rejects(operationsWith(null).operations.consoleLog('s', 'web', 10), {
    code: 'vm.not-running',
    message: /VM s\/web has no node yet: no room/,
    hint: /Wait/,
  });
});
