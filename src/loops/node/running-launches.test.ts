import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLaunch } from '../../../test/support/vm-reference.ts';
import type { ObservedVm, VmReference } from '../../drivers/hypervisor/driver.ts';
import { createNoopHypervisor } from '../../drivers/hypervisor/noop/noop.ts';
import { FakeHost } from '../../host/fake-host.ts';
import { perform } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch, type WantedVm } from '../../model/node/plan.ts';
import { runningLaunches } from './running-launches.ts';

const layout = { controllerId: 'c', stateFolder: '/s/c', runFolder: '/r/c', bridge: 'b', uplink: null };
const abilities = { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'netdev' } as const;

const launchOf = (memory: number): VmLaunch => ({
  ...{ id: 'vm', hostname: 'guest', cpus: 1, memory, disk: null, firmware: 'bios', boot: 0, ports: [], volumes: [] },
  ...{ image: { id: 'i', sha256: 'f', format: 'raw', size: 1 }, userData: null, cloudConfig: null, sshKeys: [] },
});

const wantedVm: Omit<WantedVm, 'launch'> = {
  ...{ label: 's/guest', desired: 'running', generation: 1, settled: false, missingImages: [], movingTo: null },
  ...{ restart: 'always', restarts: 0, retryAt: null, attempted: null },
};

test('SC11 a VM that has changed since it was observed is known by what it runs from now, not taken for unknown', async () => {
  const host = new FakeHost();
  const hypervisor = createNoopHypervisor().on({ host, layout, abilities });
  const connection = { host, hypervisor };
  const [observed, present, wanted] = [launchOf(1), launchOf(2), launchOf(3)];
  await hypervisor.prepare(withLaunch(present, 's/guest'));
  await hypervisor.start(withLaunch(present, 's/guest'));
  const vm: WantedVm = { ...wantedVm, launch: wanted };
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
  const hypervisor = createNoopHypervisor().on({ host, layout, abilities });
  const [broken, well] = ['broken', 'well'].map((id) => ({ ...launchOf(1), id })) as [VmLaunch, VmLaunch];
  for (const launch of [broken, well]) {
    await hypervisor.prepare(withLaunch(launch, 's/guest'));
    await hypervisor.start(withLaunch(launch, 's/guest'));
  }
  const { runningLaunch } = hypervisor;
  const reads = (vm: VmReference) => (vm.id === 'broken' ? { command: { argv: ['cat'] as const }, parse: unreadable } : runningLaunch(vm));
  const connection = { host, hypervisor: { runningLaunch: reads } };
  const wanted = [broken, well].map((launch): WantedVm => ({ ...wantedVm, launch: { ...launch, memory: 2 } }));
  const [seen] = await perform(host, hypervisor.observe());
  const read = await runningLaunches(connection, wanted, seen);
  assert.deepEqual(read, { running: new Map([['well', well]]), unreadable: new Map([['broken', 'Input/output error (Look.)']]) });
});

function unreadable(): never {
  throw new CroftError('command.failed', 'Input/output error', { hint: 'Look.' });
}
