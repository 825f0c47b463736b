import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../test/support/fake-host.ts';
import { nodeLayout, tcgAbilities } from '../../../test/support/node.ts';
import { launch, wantedVm } from '../../../test/support/vm.ts';
import { withLaunch } from '../../../test/support/vm-reference.ts';
import type { ObservedVm, VmReference } from '../../drivers/hypervisor/driver.ts';
import { createNoopHypervisor } from '../../drivers/hypervisor/noop/noop.ts';
import { perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch, type WantedVm } from '../../model/node/plan.ts';
import { runningLaunches } from './running-launches.ts';

const layout = nodeLayout();
const launchOf = (memory: number): VmLaunch => launch({ id: 'vm', memory });

const anyVm = wantedVm({ restart: 'always' });

test('SC11 a VM that has changed since it was observed is known by what it runs from now, not taken for unknown', async () => {
  const host = new FakeHost();
  const hypervisor = createNoopHypervisor().on({ host, layout, abilities: tcgAbilities });
  const connection = { host, hypervisor };
  const [observed, present, wanted] = [launchOf(1), launchOf(2), launchOf(3)];
  await hypervisor.prepare(withLaunch(present, 's/guest'));
  await hypervisor.start(withLaunch(present, 's/guest'));
  const vm: WantedVm = { ...anyVm, launch: wanted };
  const seen: ObservedVm = {
    ...{ id: 'vm', state: 'running', pid: 1, startedAt: 1, memory: 1 },
    launchHash: planHash(observed),
    exitCode: null,
  };
  const unreadable = new Map();
  assert.deepEqual(await runningLaunches(connection, [vm], [seen]), { running: new Map([['vm', present]]), unreadable });
  const asWanted = { ...seen, launchHash: planHash(wanted) };
  assert.deepEqual(await runningLaunches(connection, [vm], [asWanted]), { running: new Map(), unreadable });
});

test('SC11 what cannot be read of one VM is said of that one, and what the others run from is known', async () => {
  const host = new FakeHost();
  const hypervisor = createNoopHypervisor().on({ host, layout, abilities: tcgAbilities });
  const [broken, well] = ['broken', 'well'].map((id) => ({ ...launchOf(1), id })) as [VmLaunch, VmLaunch];
  for (const launch of [broken, well]) {
    await hypervisor.prepare(withLaunch(launch, 's/guest'));
    await hypervisor.start(withLaunch(launch, 's/guest'));
  }
  const { runningLaunch } = hypervisor;
  const reads = (vm: VmReference) => (vm.id === 'broken' ? { command: { argv: ['cat'] as const }, parse: unreadable } : runningLaunch(vm));
  const connection = { host, hypervisor: { runningLaunch: reads } };
  const wanted = [broken, well].map((launch): WantedVm => ({ ...anyVm, launch: { ...launch, memory: 2 } }));
  const [seen] = await perform(host, hypervisor.observe());
  const read = await runningLaunches(connection, wanted, seen);
  assert.deepEqual(read, { running: new Map([['well', well]]), unreadable: new Map([['broken', 'Input/output error (Look.)']]) });
});

function unreadable(): never {
  throw new CroftError('command.failed', 'Input/output error', { hint: 'Look.' });
}
