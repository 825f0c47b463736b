import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedVm } from '../drivers/hypervisor/driver.ts';
import { createNoopHypervisor } from '../drivers/hypervisor/noop.ts';
import { FakeHost } from '../host/fake-host.ts';
import { planHash, type VmLaunch, type WantedVm } from '../model/node-plan.ts';
import { runningLaunches } from './running-launches.ts';

const layout = { controllerId: 'c', stateFolder: '/s/c', runFolder: '/r/c', bridge: 'b', uplink: null };
const abilities = { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'netdev' } as const;

const launchOf = (memory: number): VmLaunch => ({
  ...{ id: 'vm', hostname: 'guest', cpus: 1, memory, disk: null, firmware: 'bios', boot: 0, ports: [], volumes: [] },
  ...{ image: { id: 'i', sha256: 'f', format: 'raw', size: 1 }, userData: null, cloudConfig: null, sshKeys: [] },
});

test('SC11 a VM that has changed since it was observed is known by what it runs from now, not taken for unknown', async () => {
  const hypervisor = createNoopHypervisor();
  const connection = { host: new FakeHost(), layout, hypervisor };
  const [observed, present, wanted] = [launchOf(1), launchOf(2), launchOf(3)];
  await hypervisor.prepare(connection.host, layout, present, 's/guest');
  await hypervisor.start(connection.host, layout, abilities, present, 's/guest');
  const vm: WantedVm = {
    ...{ launch: wanted, label: 's/guest', desired: 'running', generation: 1, settled: false, missingImages: [], movingTo: null },
    ...{ restart: 'always', restarts: 0, retryAt: null, attempted: null },
  };
  const seen: ObservedVm = { id: 'vm', state: 'running', pid: 1, startedAt: 1, launchHash: planHash(observed), exitCode: null };
  assert.deepEqual(await runningLaunches(connection, [vm], [seen]), new Map([['vm', present]]));
  assert.deepEqual(await runningLaunches(connection, [vm], [{ ...seen, launchHash: planHash(wanted) }]), new Map());
});
