import assert from 'node:assert/strict';
import { hypervisorContract } from '../../../../test/contract/hypervisor.ts';
import { type HypervisorStage, undoneBy } from '../../../../test/contract/hypervisor-stage.ts';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout, tcgAbilities } from '../../../../test/support/node.ts';
import { launch, launchImage, port } from '../../../../test/support/vm.ts';
import { withLaunch } from '../../../../test/support/vm-reference.ts';
import { CroftError } from '../../../model/error.ts';
import { newIdentifier } from '../../../model/identifier.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeLayout } from '../driver.ts';
import { createNoopHypervisor } from './noop.ts';
import { createNoopWorld } from './world.ts';

function layoutOf(node: string, controllerId: string): NodeLayout {
  return nodeLayout({ controllerId, stateFolder: `/${node}/${controllerId}`, runFolder: `/run/${node}/${controllerId}` });
}

function launchOf(device: boolean): VmLaunch {
  const id = newIdentifier();
  return launch({
    ...{ id, memory: 2 ** 25, image: launchImage({ size: 1024 }) },
    ports: device ? [port({ nicId: `${id}0`, vmId: id })] : [],
    volumes: device ? [{ id: newIdentifier(), name: 'data', image: null, size: 2 ** 20 }] : [],
  });
}

async function openNoopStage(): Promise<HypervisorStage> {
  const world = createNoopWorld();
  const hypervisor = createNoopHypervisor({ world });
  const host = new FakeHost();
  const layout = layoutOf('n1', 'c');
  const node = { host, layout, abilities: tcgAbilities };
  const other = { host: new FakeHost(), layout: layoutOf('n2', 'c') };
  const driver = hypervisor.on(node);
  async function failStart({ id }: VmLaunch, words: string): Promise<AsyncDisposable> {
    hypervisor.failNext('start', id, new CroftError('vm.launch', words));
    return undoneBy(async () => undefined);
  }
  const written = new Map<number, number>();
  return {
    ...{ driver, host, layout },
    abilities: tcgAbilities,
    other: { ...other, driver: hypervisor.on(other) },
    async launch({ device = false, deaf = false } = {}) {
      const vm = launchOf(device);
      if (deaf) hypervisor.deafen(vm.id);
      return vm;
    },
    troubles: {
      async silence({ id }) {
        hypervisor.failNext('reboot', id, new CroftError('command.timeout', 'nothing answers, as the test wants it'));
        return undoneBy(async () => undefined);
      },
      loseNetwork: (vm) => failStart(vm, 'its network is not there, as the test wants it'),
      breakDisk: (vm) => failStart(vm, 'its image is not there, as the test wants it'),
    },
    reopen: () => createNoopHypervisor({ world }).on(node),
    async foreign(vm) {
      const theirs = layoutOf('n1', 'another');
      const another = hypervisor.on({ host, layout: theirs });
      await another.prepare(withLaunch(vm, 's/theirs'));
      const disk = hypervisor.disk(theirs, vm.id);
      return {
        intact: async () => assert.equal(hypervisor.disk(theirs, vm.id), disk),
        [Symbol.asyncDispose]: () => another.purge(),
      };
    },
    crash: async (vmId) => hypervisor.lose(vmId, 137),
    async write(vm, value) {
      hypervisor.write(layout, vm.id);
      written.set(hypervisor.disk(layout, vm.id) ?? 0, value);
    },
    read: async (vm) => written.get(hypervisor.disk(layout, vm.id) ?? 0) ?? 0,
    async [Symbol.asyncDispose]() {
      await driver.purge();
    },
  };
}

hypervisorContract('noop', openNoopStage);
