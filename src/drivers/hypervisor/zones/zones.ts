/** The hypervisor driver for illumos: a VM is a zone of the brand bhyve with ZFS volumes. */
import { type Host, perform } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import type { PortPlan, VmLaunch } from '../../../model/node/plan.ts';
import { unsupported } from '../../../model/vm/unsupported.ts';
import type { Capability, HypervisorDriver, NodeLayout } from '../driver.ts';
import type { Seed } from '../vm-folder/prepare.ts';
import { runningLaunch } from '../vm-folder/running.ts';
import { openZoneConsole } from './console.ts';
import { ZoneImages } from './images.ts';
import { zonePlaces } from './names.ts';
import { prepareZonesNode, purgeZonesNode, readDataset } from './node.ts';
import { observeZones } from './observe.ts';
import { destroyVmZone, startVmZone, stopVmZone } from './power.ts';
import { makeVolumes, prepareZone } from './prepare.ts';
import { probeZones } from './probe.ts';
import { rebootVmZone, resetVmZone } from './reboot.ts';
import { resizeZone } from './resize.ts';
import { listSnapshots, removeSnapshot, revertVolumes, takeSnapshot } from './snapshots.ts';
import { openZoneScreen } from './streams.ts';

export interface ZonesParts {
  /** A VM's NoCloud seed. */
  seedOf(vm: VmLaunch): Seed;
  /** Makes links of VMs as they are to be; see `NetworkDriver.attach`. */
  attach(host: Host, layout: NodeLayout, ports: readonly PortPlan[]): Promise<{ error: CroftError | null }[]>;
  /** ms since 1970. */
  now?: () => number;
  /** What a guest has to shut down before it is booted anew, and what the opening of a console may take; ms. */
  times?: { reboot: number; console: number };
  /** The folder with the devices of ZFS volumes. */
  devices?: string;
}

const usualTimes = { reboot: 60_000, console: 20_000 };

const atOnce = { powerdown: 0, terminate: 0 };

/** Its VMs' NICs are links that the network driver for illumos makes. */
export function createZonesDriver({
  seedOf,
  attach,
  now = Date.now,
  times = usualTimes,
  devices = '/dev/zvol',
}: ZonesParts): HypervisorDriver {
  const images = new ZoneImages(devices);
  const refuse = (capability: Capability) => async (): Promise<never> => {
    throw unsupported('zones', capability);
  };
  const place = async (host: Host, layout: NodeLayout, vmId: string, name: string) => ({
    host,
    dataset: `${await readDataset(host, layout)}/vms/${vmId}`,
    name,
  });
  return {
    name: 'zones',
    can: hypervisors.zones.can,
    probe: probeZones,
    prepareNode: prepareZonesNode,
    observe: observeZones,
    runningLaunch: (layout, vmId) => runningLaunch(zonePlaces(layout, vmId).folder),
    prepare: (host, layout, vm, label) => prepareZone(host, layout, vm, label, seedOf(vm), images),
    start: (host, layout, _abilities, vm, label) => startVmZone(host, layout, vm, label),
    stop: stopVmZone,
    async kill(host, layout, vmId) {
      return (await stopVmZone(host, layout, vmId, atOnce)) !== 'not-running';
    },
    pause: refuse('pause'),
    resume: refuse('pause'),
    async reboot(host, layout, vmId, gently) {
      const reach = { host, layout, vmId };
      if (!gently) return await resetVmZone(reach);
      await rebootVmZone(reach, {
        within: times.reboot,
        async protect(ports) {
          for (const { error } of await attach(host, layout, ports)) if (error !== null) throw error;
        },
      });
    },
    /** Nothing in a zone's guest is ever made to stand still. */
    async thaw() {},
    resize: resizeZone,
    async snapshot(host, layout, vm, name, memory) {
      if (memory) throw unsupported('zones', 'memory-snapshot');
      await takeSnapshot(await place(host, layout, vm.id, name), now());
    },
    async revert(host, layout, _abilities, vm, name) {
      const snapshot = await place(host, layout, vm.id, name);
      const [present] = await perform(host, listSnapshots(layout, vm.id));
      if (!present.some((one) => one.name === name)) throw new CroftError('not-found', `there is no snapshot ${name}`);
      await stopVmZone(host, layout, vm.id, atOnce);
      await revertVolumes(snapshot, String(now()));
      await makeVolumes(host, vm, vm.id, zonePlaces(layout, vm.id), await readDataset(host, layout));
    },
    async removeSnapshot(host, layout, vm, name) {
      await removeSnapshot(await place(host, layout, vm.id, name));
    },
    snapshots: listSnapshots,
    attachNic: refuse('hotplug-nic'),
    detachNic: refuse('hotplug-nic'),
    attachVolume: refuse('hotplug-volume'),
    detachVolume: refuse('hotplug-volume'),
    async destroy(host, layout, vmId) {
      await destroyVmZone(host, layout, vmId);
      const dataset = await readDataset(host, layout).catch(() => null);
      if (dataset !== null) await images.sweep(host, layout, dataset);
    },
    arrivals: () => ({ command: { argv: ['true'] }, parse: () => [] }),
    async discardArrival() {},
    requireRoom: refuse('move'),
    transfer: refuse('move'),
    console: (host, layout, vmId, signal) => openZoneConsole(host, layout, vmId, { within: times.console, signal }),
    vnc: openZoneScreen,
    guest: refuse('guest-agent'),
    watch() {
      throw unsupported('zones', 'events');
    },
    consoleLog: refuse('console-log'),
    async purge(host, layout) {
      const [vms] = await perform(host, observeZones(layout));
      for (const { id } of vms) await destroyVmZone(host, layout, id);
      await purgeZonesNode(host, layout);
    },
  };
}
