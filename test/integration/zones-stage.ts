/** The contract's stage for zones: the drivers for hypervisor and network on the stand-ins of illumos programs. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import type { HypervisorDriver, NodeAbilities, NodeLayout } from '../../src/drivers/hypervisor/driver.ts';
import { zonePlaces } from '../../src/drivers/hypervisor/zones/names.ts';
import { createZonesDriver } from '../../src/drivers/hypervisor/zones/zones.ts';
import type { NodeNetwork } from '../../src/drivers/network/driver.ts';
import { vnicName } from '../../src/drivers/network/names.ts';
import { createVnicDriver } from '../../src/drivers/network/vnic/vnic.ts';
import { perform } from '../../src/host/host.ts';
import { newControllerIdentifier, newIdentifier } from '../../src/model/identifier.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import type { LaunchImage, PortPlan, VmLaunch } from '../../src/model/node/plan.ts';
import { type HypervisorStage, undoneBy } from '../contract/hypervisor-stage.ts';
import { openStandIns, type StandInMachine } from '../stand-ins/zones/machine.ts';
import { lives } from '../stand-ins/zones/state.ts';
import { untilTrue } from '../support/until.ts';
import { launch as anyLaunch, port } from '../support/vm.ts';
import { referenceTo } from '../support/vm-reference.ts';

const abilities: NodeAbilities = { accelerator: { kind: 'tcg', reason: '' }, architecture: 'x86_64', datapath: 'system' };
const mebibyte = 2 ** 20;

export interface ZonesStage extends HypervisorStage {
  machine: StandInMachine;
  network: NodeNetwork;
  image: LaunchImage;
}

export async function openZonesStage(uplink: string | null = 'e1000g0'): Promise<ZonesStage> {
  const machine = await openStandIns();
  const { host } = machine;
  const controllerId = newControllerIdentifier();
  const layout: NodeLayout = {
    ...{ controllerId, bridge: 'br-croft', uplink },
    stateFolder: `${machine.pool}/croft/${controllerId}`,
    runFolder: `${machine.pool}/run/${controllerId}`,
  };
  const node = { host, layout, abilities };
  const driver = newDriver(machine).on(node);
  await driver.prepareNode();
  const network = createVnicDriver().on(node);
  await network.ensureUnderlay(underlayOf(layout));
  const image = await putImage(layout);
  const volume = (vm: VmLaunch) => `${machine.devices}/dsk/rpool/croft-${controllerId}/vms/${vm.id}/head/disk`;
  return {
    ...{ machine, driver, network, host, layout, abilities, image, other: null },
    async launch({ device = false, deaf = false } = {}) {
      const vm = launchOf(image, device);
      for (const { error } of await network.attach(vm.ports)) assert.equal(error, null);
      if (deaf) await machine.change(({ faults }) => void faults.push(`deaf ${zonePlaces(layout, vm.id).zone}`));
      return vm;
    },
    troubles: {
      silence: null,
      async loseNetwork({ ports }) {
        await network.detach(vnicsOf(layout, ports));
        return undoneBy(() => network.attach(ports));
      },
      async breakDisk() {
        await machine.change(({ faults }) => void faults.push('disk'));
        return undoneBy(() => machine.change(({ faults }) => void faults.splice(faults.indexOf('disk'), 1)));
      },
    },
    reopen: () => newDriver(machine).on(node),
    foreign: (vm) => makeForeign(machine, layout, vm),
    async crash(vmId) {
      const zone = (await machine.read()).zones[zonePlaces(layout, vmId).zone];
      const [bhyve] = (await readFile(`/proc/${zone?.init}/task/${zone?.init}/children`, 'utf8')).split(' ');
      process.kill(Number(bhyve), 'SIGKILL');
      await untilTrue(() => !lives(zone?.init ?? null));
    },
    async write(vm, value) {
      const file = await open(volume(vm), 'r+');
      await file.write(Buffer.from([value]), 0, 1, 4096);
      await file.close();
    },
    async read(vm) {
      return (await readFile(volume(vm)))[4096] ?? 0;
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of (await perform(host, driver.observe()))[0]) await driver.kill(referenceTo(id));
      await network.purge();
      await driver.purge();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Its guests have 500 ms to shut down before they are booted again. */
export function newDriver({ devices }: StandInMachine, times = { reboot: 500, console: 60_000 }): HypervisorDriver {
  const seedOf = ({ hostname }: VmLaunch) => ({ hash: hostname, build: async () => Buffer.from(hostname) });
  return createZonesDriver({ devices, times, seedOf, links: createVnicDriver() });
}

async function putImage({ stateFolder }: NodeLayout): Promise<LaunchImage> {
  const content = Buffer.alloc(mebibyte + 700, 'image');
  const sha256 = createHash('sha256').update(content).digest('hex');
  await writeFile(`${stateFolder}/images/${sha256}.raw`, content);
  return { id: 'i', sha256, format: 'raw', size: content.length };
}

function launchOf(image: LaunchImage, device: boolean): VmLaunch {
  const id = newIdentifier();
  return anyLaunch({
    ...{ id, memory: 128 * mebibyte, image },
    ports: device ? [port({ nicId: newIdentifier(), vmId: id, mac: '02:00:00:00:00:0A', segment: 2000 })] : [],
    volumes: device ? [{ id: newIdentifier(), name: 'data', image: null, size: 2 * mebibyte }] : [],
  });
}

/** A zone of the VM's name that an administrator made elsewhere, and which runs. */
async function makeForeign(machine: StandInMachine, layout: NodeLayout, vm: VmLaunch) {
  const { zone } = zonePlaces(layout, vm.id);
  const zonepath = `${machine.pool}/${vm.id}`;
  const run = async (...argv: [string, ...string[]]) => {
    const [result] = await machine.host.batch([{ argv }]);
    assert.equal(result?.code, 0, result?.stderr);
  };
  const configuration = `create -b; set zonepath="${zonepath}"; set brand=bhyve; add attr; set name=comment; set type=string; set value="mine"; end`;
  await run('zonecfg', '-z', zone, configuration);
  await run('zoneadm', '-z', zone, 'install');
  await run('zoneadm', '-z', zone, 'boot');
  const before = JSON.stringify((await machine.read()).zones[zone]);
  return {
    async intact() {
      const now = (await machine.read()).zones[zone];
      assert.equal(JSON.stringify(now), before);
      assert.ok(lives(now?.init ?? null));
    },
    async [Symbol.asyncDispose]() {
      await run('zoneadm', '-z', zone, 'halt');
      await run('zoneadm', '-z', zone, 'uninstall', '-F');
      await run('zonecfg', '-z', zone, 'delete', '-F');
    },
  };
}

/** The names of the links of ports. */
export function vnicsOf({ controllerId }: NodeLayout, ports: readonly PortPlan[]): string[] {
  return ports.map(({ nicId }) => vnicName(controllerId, nicId));
}
