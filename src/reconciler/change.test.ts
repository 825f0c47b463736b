import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../test/support/fake-host.ts';
import { nodeLayout, tcgAbilities } from '../../test/support/node.ts';
import { launch, port as nicPort, wantedVm } from '../../test/support/vm.ts';
import { referenceTo, withLaunch } from '../../test/support/vm-reference.ts';
import { createNoopHypervisor } from '../drivers/hypervisor/noop/noop.ts';
import { createNoopNetworkDriver } from '../drivers/network/noop/noop.ts';
import { perform } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import type { PortPlan, VmLaunch, VolumePlan, WantedVm } from '../model/node/plan.ts';
import { mebibyte } from '../model/vm/flavor.ts';
import { changeVm } from './change.ts';
import type { ExecutionContext, Progress } from './context.ts';
import { liveWay } from './live-change.ts';

const layout = nodeLayout();
const id = 'aaaaaaaaaaaaaaaa';

const port = (nicId: string): PortPlan => nicPort({ nicId, mac: `02:${nicId}` });
const volume = (volumeId: string, name = volumeId): VolumePlan => ({ id: volumeId, name, image: null, size: mebibyte });

const launchOf = (changes: Partial<VmLaunch>): VmLaunch => launch({ memory: 2 ** 27, ...changes });

/** A running VM and the launch that it is changed from and to. */
async function stage(running: VmLaunch, wanted: VmLaunch) {
  const noop = createNoopHypervisor();
  const host = new FakeHost();
  const node = { host, layout, abilities: tcgAbilities };
  const hypervisor = noop.on(node);
  const network = createNoopNetworkDriver().on(node);
  const told: unknown[][] = [];
  const progress = new Proxy({} as Progress, {
    get: (_, name) => (_vm: WantedVm, done: string, rest: CroftError | string | null) =>
      name === 'vmStep' ? undefined : told.push([name, done, rest instanceof CroftError ? `${rest.code}: ${rest.message}` : rest]),
  });
  const context: ExecutionContext = {
    ...{ host, layout, hypervisor, network, images: { ensure: async () => undefined }, progress },
    ...{ stopTimes: { powerdown: 0, terminate: 0 }, clock: () => 0, openBerth: async () => null },
  };
  await hypervisor.prepare(withLaunch(running, 's/a'));
  await hypervisor.start(withLaunch(running, 's/a'));
  const vm = wantedVm({ launch: wanted, label: 's/a', restart: 'always' });
  return {
    hypervisor: noop,
    told,
    async change() {
      const [now] = await perform(host, hypervisor.runningLaunch(referenceTo(id)));
      const change = now === null ? null : liveWay(now, wanted, hypervisor.can, false)?.change;
      await changeVm(context, { vm, change: change ?? assert.fail('there is nothing to change') });
      return (await perform(host, hypervisor.runningLaunch(referenceTo(id))))[0];
    },
  };
}

test('SC11 a device that does not go keeps nothing else of a change back, is reported by its name, and is all that is tried again', async () => {
  const running = launchOf({ ports: [port('stuck')], volumes: [volume('old')] });
  const wanted = launchOf({ ports: [port('new')], volumes: [volume('more')], memory: 2 ** 28 });
  const { hypervisor, change, told } = await stage(running, wanted);
  const stuck = () =>
    hypervisor.failNext('detachNic', id, new CroftError('command.timeout', 'it was not let go of', { hint: 'Restart it.' }));
  stuck();
  assert.deepEqual(await change(), { ...wanted, ports: [port('new'), port('stuck')] });
  stuck();
  await change();
  assert.deepEqual(await change(), wanted);
  const words = 'command.timeout: the NIC 02:stuck: it was not let go of';
  assert.deepEqual(told, [
    ['vmNotChanged', '1 volume went, 1 volume came, 1 NIC came, its sizes were changed', words],
    ['vmNotChanged', null, words],
    ['vmChanged', '1 NIC went', null],
  ]);
});

test('SC11 every failure of a change is reported, and a volume waits for the one whose name it takes', async () => {
  const running = launchOf({ volumes: [volume('old', 'data')] });
  const wanted = launchOf({ ports: [port('new')], volumes: [volume('new', 'data'), volume('more')] });
  const { hypervisor, change, told } = await stage(running, wanted);
  for (const operation of ['detachVolume', 'attachNic'] as const) {
    hypervisor.failNext(operation, id, new CroftError('command.failed', `${operation} failed`));
  }
  assert.deepEqual(await change(), { ...running, volumes: [volume('more'), volume('old', 'data')] });
  const words = 'command.failed: the volume data: detachVolume failed; the NIC 02:new: attachNic failed';
  assert.deepEqual(told, [['vmNotChanged', '1 volume came', words]]);
  assert.deepEqual(await change(), wanted);
});
