/** The hypervisor driver for libvirt: a VM has the same folder as with the QEMU driver, and a domain that is controlled by virsh. */
import { perform } from '../../../host/host.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import { abilitiesOf, type DriverNode, type HypervisorDriver, type NodeHypervisor, type VmReference } from '../driver.ts';
import { readConsoleLog } from '../vm-folder/console-log.ts';
import { vmFolders } from '../vm-folder/identity.ts';
import { prepareNode, purgeNode } from '../vm-folder/node.ts';
import { prepareVm, type VmFolderParts } from '../vm-folder/prepare.ts';
import { revertTo } from '../vm-folder/revert.ts';
import { runningLaunch } from '../vm-folder/running.ts';
import { observeSnapshots, removeSnapshot, takeSnapshotOf } from '../vm-folder/snapshots.ts';
import { discardArrival, observeArrivals, requireRoom, transferVm } from '../vm-folder/transfer.ts';
import { type DomainReach, onDomain, resumeDomain } from './control.ts';
import { Endings } from './endings.ts';
import { askGuest } from './guest.ts';
import { attachNic, attachVolume, detachNic, detachVolume } from './hotplug.ts';
import type { LibvirtOptions } from './identity.ts';
import { probeLibvirt } from './limits.ts';
import { libvirtLive, thawVm } from './live.ts';
import { observeVms } from './observe.ts';
import { resizeVm } from './resize.ts';
import { startVm } from './start.ts';
import { destroyVm, killVm, stopVm } from './stop.ts';
import { watchDomains } from './watch.ts';

const traits = { name: 'libvirt', can: hypervisors.libvirt.can } as const;

export function createLibvirtDriver(parts: VmFolderParts & LibvirtOptions): HypervisorDriver {
  const endings = new Endings();
  return { ...traits, on: (node) => libvirtOn(node, parts, endings) };
}

function libvirtOn(node: DriverNode, { seedOf, ...options }: VmFolderParts & LibvirtOptions, endings: Endings): NodeHypervisor {
  const { host, layout } = node;
  const reach = (vm: VmReference): DomainReach => ({ host, layout, options, vm });
  const live = libvirtLive(options);
  return {
    ...traits,
    probe: () => probeLibvirt(options),
    prepareNode: () => prepareNode(node),
    observe: () => observeVms(layout, options),
    runningLaunch: ({ id }) => runningLaunch(vmFolders(layout, id).state),
    prepare: (vm) => prepareVm(node, vm, seedOf(vm.launch)),
    start: async (vm) => await startVm({ host, layout, abilities: abilitiesOf(node), vm, options }),
    stop: (vm, times) => stopVm(reach(vm), times, endings),
    kill: (vm) => killVm(reach(vm)),
    async pause(vm) {
      await onDomain(reach(vm), 'suspend');
    },
    resume: (vm) => resumeDomain(reach(vm)),
    async reboot(vm, gently) {
      await onDomain(reach(vm), gently ? 'reboot' : 'reset');
    },
    thaw: (vm) => thawVm(reach(vm)),
    resize: (vm) => resizeVm(reach(vm), vm.launch),
    snapshot: (vm, name, memory) => takeSnapshotOf(live, node, vm, name, memory),
    async revert(vm, name) {
      const start = { host, layout, abilities: abilitiesOf(node), vm, options };
      await revertTo({ control: live, node, vm, name, startPaused: (machine) => startVm(start, { machine }) });
    },
    removeSnapshot: (vm, name) => removeSnapshot(live, node, vm, name),
    snapshots: (vm) => observeSnapshots(layout, vm),
    attachNic: async (vm, nicId) => await attachNic(reach(vm), abilitiesOf(node), vm.launch, nicId),
    detachNic: (vm, nicId) => detachNic(reach(vm), nicId),
    attachVolume: (vm, volumeId) => attachVolume(reach(vm), vm.launch, volumeId),
    detachVolume: (vm, volumeId) => detachVolume(reach(vm), volumeId),
    destroy: (vm) => destroyVm(reach(vm)),
    arrivals: () => observeArrivals(layout),
    discardArrival: (vm) => discardArrival(node, vm),
    requireRoom: (vm, to) => requireRoom(node, vm, to),
    async transfer(vm, to, transfer) {
      // Left by an earlier stay of the VM there: only the record on the node that it leaves counts.
      await destroyVm({ ...reach(vm), host: to.host, layout: to.layout });
      await transferVm(node, vm, to, transfer);
    },
    console: async ({ id }) => await host.connect(vmFolders(layout, id).serial),
    vnc: async ({ id }) => await host.connect(vmFolders(layout, id).vnc),
    guest: (vm) => askGuest(reach(vm)),
    watch: (onEvent) =>
      watchDomains(host, options, (event) => {
        if (event.kind === 'stopped' || event.kind === 'crashed') endings.tell(event.vmId);
        onEvent(event);
      }),
    consoleLog: (vm, bytes) => readConsoleLog(node, vm, bytes),
    async purge() {
      const [vms] = await perform(host, observeVms(layout, options));
      await Promise.all(vms.map(({ id }) => destroyVm(reach({ id, label: id }))));
      await purgeNode(node);
    },
  };
}
