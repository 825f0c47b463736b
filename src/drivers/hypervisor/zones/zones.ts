/** The hypervisor driver for illumos: a VM is a zone of the brand bhyve with ZFS volumes. */
import { perform } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import type { PortPlan } from '../../../model/node/plan.ts';
import { unsupported } from '../../../model/vm/unsupported.ts';
import type { Capability, DriverNode, HypervisorDriver, NodeHypervisor, NodeReach, VmReference } from '../driver.ts';
import type { VmFolderParts } from '../vm-folder/prepare.ts';
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

export interface ZonesParts extends VmFolderParts {
  /** Creates the wanted links of VMs; see `NodeNetwork.attach`. */
  links: { on(node: NodeReach): { attach(ports: readonly PortPlan[]): Promise<{ error: CroftError | null }[]> } };
  /** ms since 1970. */
  now?: () => number;
  /** The time limits for a guest's shutdown before it is booted again, and for the opening of a console; ms. */
  times?: { reboot: number; console: number };
  /** The folder with the devices of ZFS volumes. */
  devices?: string;
}

const usualTimes = { reboot: 60_000, console: 20_000 };

const atOnce = { powerdown: 0, terminate: 0 };

const traits = { name: 'zones', can: hypervisors.zones.can } as const;

type Options = Required<ZonesParts>;

/** Its VMs' NICs are links that the network driver for illumos creates. */
export function createZonesDriver({ devices = '/dev/zvol', now = Date.now, times = usualTimes, ...parts }: ZonesParts): HypervisorDriver {
  const images = new ZoneImages(devices);
  return { ...traits, on: (node) => zonesOn(node, { devices, now, times, ...parts }, images) };
}

function zonesOn(node: DriverNode, { seedOf, links, now, times }: Options, images: ZoneImages): NodeHypervisor {
  const { host, layout } = node;
  const refuse = (capability: Capability) => async (): Promise<never> => {
    throw unsupported('zones', capability);
  };
  const place = async ({ id }: VmReference, name: string) => ({ host, dataset: `${await readDataset(node)}/vms/${id}`, name });
  return {
    ...traits,
    probe: probeZones,
    prepareNode: () => prepareZonesNode(node),
    observe: () => observeZones(layout),
    runningLaunch: ({ id }) => runningLaunch(zonePlaces(layout, id).folder),
    prepare: (vm) => prepareZone(node, vm, seedOf(vm.launch), images),
    start: (vm) => startVmZone(node, vm),
    stop: (vm, times) => stopVmZone(node, vm, times),
    async kill(vm) {
      return (await stopVmZone(node, vm, atOnce)) !== 'not-running';
    },
    pause: refuse('pause'),
    resume: refuse('pause'),
    async reboot(vm, gently) {
      const reach = { host, layout, vm };
      if (!gently) return await resetVmZone(reach);
      await rebootVmZone(reach, {
        within: times.reboot,
        async protect(ports) {
          for (const { error } of await links.on(node).attach(ports)) if (error !== null) throw error;
        },
      });
    },
    /** File systems in a zone's guest are never frozen. */
    async thaw() {},
    resize: (vm) => resizeZone(node, vm),
    async snapshot(vm, name, memory) {
      if (memory) throw unsupported('zones', 'memory-snapshot');
      await takeSnapshot(await place(vm, name), now());
    },
    async revert(vm, name) {
      const snapshot = await place(vm, name);
      const [present] = await perform(host, listSnapshots(layout, vm));
      if (!present.some((one) => one.name === name)) throw new CroftError('not-found', `there is no snapshot ${name}`);
      await stopVmZone(node, vm, atOnce);
      await revertVolumes(snapshot, String(now()));
      await makeVolumes(node, vm, await readDataset(node));
    },
    async removeSnapshot(vm, name) {
      await removeSnapshot(await place(vm, name));
    },
    snapshots: (vm) => listSnapshots(layout, vm),
    attachNic: refuse('hotplug-nic'),
    detachNic: refuse('hotplug-nic'),
    attachVolume: refuse('hotplug-volume'),
    detachVolume: refuse('hotplug-volume'),
    async destroy(vm) {
      await destroyVmZone(node, vm);
      const dataset = await readDataset(node).catch(() => null);
      if (dataset !== null) await images.sweep(node, dataset);
    },
    arrivals: () => ({ command: { argv: ['true'] }, parse: () => [] }),
    async discardArrival() {},
    requireRoom: refuse('move'),
    transfer: refuse('move'),
    console: (vm, signal) => openZoneConsole(node, vm, { within: times.console, signal }),
    vnc: (vm) => openZoneScreen(node, vm),
    guest: refuse('guest-agent'),
    watch() {
      throw unsupported('zones', 'events');
    },
    consoleLog: refuse('console-log'),
    async purge() {
      const [vms] = await perform(host, observeZones(layout));
      for (const { id } of vms) await destroyVmZone(node, { id, label: id });
      await purgeZonesNode(node);
    },
  };
}
