import assert from 'node:assert/strict';
import { hypervisorContract } from '../../../../test/contract/hypervisor.ts';
import { type HypervisorStage, undoneBy } from '../../../../test/contract/hypervisor-stage.ts';
import { FakeHost } from '../../../host/fake-host.ts';
import { CroftError } from '../../../model/error.ts';
import { newIdentifier } from '../../../model/identifier.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeLayout } from '../driver.ts';
import { createNoopHypervisor } from './noop.ts';
import { createNoopWorld } from './world.ts';

function layoutOf(node: string, controllerId: string): NodeLayout {
  return { controllerId, stateFolder: `/${node}/${controllerId}`, runFolder: `/run/${node}/${controllerId}`, bridge: 'b', uplink: null };
}

function launchOf(device: boolean): VmLaunch {
  const id = newIdentifier();
  const image = { id: 'i', sha256: 'f'.repeat(64), format: 'raw' as const, size: 1024 };
  const port = { nicId: `${id}0`, vmId: id, mac: '02:00:00:00:00:01', address: '10.0.0.2', segment: 2000, model: 'virtio' as const };
  return {
    ...{ id, hostname: 'guest', cpus: 1, memory: 2 ** 25, disk: null, image, firmware: 'bios', boot: 0 },
    ...{ userData: null, cloudConfig: null, sshKeys: [] },
    ports: device ? [{ ...port, dhcp: true, impairment: null }] : [],
    volumes: device ? [{ id: newIdentifier(), name: 'data', image: null, size: 2 ** 20 }] : [],
  };
}

async function openNoopStage(): Promise<HypervisorStage> {
  const world = createNoopWorld();
  const driver = createNoopHypervisor({ world });
  const host = new FakeHost();
  const layout = layoutOf('n1', 'c');
  async function failStart({ id }: VmLaunch, words: string): Promise<AsyncDisposable> {
    driver.failNext('start', id, new CroftError('vm.launch', words));
    return undoneBy(async () => undefined);
  }
  const written = new Map<number, number>();
  return {
    ...{ driver, host, layout },
    abilities: { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'netdev' },
    other: { host: new FakeHost(), layout: layoutOf('n2', 'c') },
    async launch({ device = false, deaf = false } = {}) {
      const vm = launchOf(device);
      if (deaf) driver.deafen(vm.id);
      return vm;
    },
    troubles: {
      async silence({ id }) {
        driver.failNext('reboot', id, new CroftError('command.timeout', 'nothing answers, as the test wants it'));
        return undoneBy(async () => undefined);
      },
      loseNetwork: (vm) => failStart(vm, 'its network is not there, as the test wants it'),
      breakDisk: (vm) => failStart(vm, 'its image is not there, as the test wants it'),
    },
    reopen: () => createNoopHypervisor({ world }),
    async foreign(vm) {
      const theirs = layoutOf('n1', 'another');
      await driver.prepare(host, theirs, vm, 's/theirs');
      const disk = driver.disk(theirs, vm.id);
      return {
        intact: async () => assert.equal(driver.disk(theirs, vm.id), disk),
        [Symbol.asyncDispose]: () => driver.purge(host, theirs),
      };
    },
    crash: async (vmId) => driver.lose(vmId, 137),
    async write(vm, value) {
      driver.write(layout, vm.id);
      written.set(driver.disk(layout, vm.id) ?? 0, value);
    },
    read: async (vm) => written.get(driver.disk(layout, vm.id) ?? 0) ?? 0,
    async [Symbol.asyncDispose]() {
      await driver.purge(host, layout);
    },
  };
}

hypervisorContract('noop', openNoopStage);
