/** The hypervisor driver for libvirt: a VM is the same folder as the QEMU driver's, and a domain that virsh is asked for. */
import { type Host, perform } from '../../../host/host.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import type { HypervisorDriver, NodeLayout } from '../driver.ts';
import { type QemuParts, readConsoleLog } from '../qemu/qemu.ts';
import { vmFolders } from '../vm-folder/identity.ts';
import { prepareNode, purgeNode } from '../vm-folder/node.ts';
import { prepareVm } from '../vm-folder/prepare.ts';
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

export function createLibvirtDriver({ seedOf, ...options }: QemuParts & LibvirtOptions): HypervisorDriver {
  const reach = (host: Host, layout: NodeLayout, vmId: string): DomainReach => ({ host, layout, options, vmId });
  const live = libvirtLive(options);
  const endings = new Endings();
  return {
    name: 'libvirt',
    can: hypervisors.libvirt.can,
    probe: () => probeLibvirt(options),
    prepareNode,
    observe: (layout) => observeVms(layout, options),
    runningLaunch: (layout, vmId) => runningLaunch(vmFolders(layout, vmId).state),
    prepare: (host, layout, vm, label) => prepareVm(host, layout, vm, label, seedOf(vm)),
    start: (host, layout, abilities, vm, label) => startVm({ host, layout, abilities, vm, label, options }),
    stop: (host, layout, vmId, times) => stopVm(reach(host, layout, vmId), times, endings),
    kill: (host, layout, vmId) => killVm(reach(host, layout, vmId)),
    async pause(host, layout, vmId) {
      await onDomain(reach(host, layout, vmId), 'suspend');
    },
    resume: (host, layout, vmId) => resumeDomain(reach(host, layout, vmId)),
    async reboot(host, layout, vmId, gently) {
      await onDomain(reach(host, layout, vmId), gently ? 'reboot' : 'reset');
    },
    thaw: (host, layout, vmId) => thawVm(reach(host, layout, vmId)),
    resize: (host, layout, vm) => resizeVm(reach(host, layout, vm.id), vm),
    snapshot: (...snapshot) => takeSnapshotOf(live, ...snapshot),
    async revert(host, layout, abilities, vm, name) {
      const start = { host, layout, abilities, vm, label: `VM ${vm.id}`, options };
      await revertTo({ control: live, host, layout, abilities, vm, name, startPaused: (machine) => startVm(start, { machine }) });
    },
    removeSnapshot: (...snapshot) => removeSnapshot(live, ...snapshot),
    snapshots: observeSnapshots,
    attachNic: (host, layout, abilities, vm, nicId) => attachNic(reach(host, layout, vm.id), abilities, vm, nicId),
    detachNic: (host, layout, vmId, nicId) => detachNic(reach(host, layout, vmId), nicId),
    attachVolume: (host, layout, vm, volumeId) => attachVolume(reach(host, layout, vm.id), vm, volumeId),
    detachVolume: (host, layout, vmId, volumeId) => detachVolume(reach(host, layout, vmId), volumeId),
    destroy: (host, layout, vmId) => destroyVm(reach(host, layout, vmId)),
    arrivals: observeArrivals,
    discardArrival,
    requireRoom,
    async transfer(from, to, vm, label, transfer) {
      await destroyVm(reach(to.host, to.layout, vm.id));
      await transferVm(from, to, vm, label, transfer);
    },
    async console(host, layout, vmId) {
      return await host.connect(vmFolders(layout, vmId).serial);
    },
    async vnc(host, layout, vmId) {
      return await host.connect(vmFolders(layout, vmId).vnc);
    },
    guest: (host, layout, vmId) => askGuest(reach(host, layout, vmId)),
    watch: (host, _layout, onEvent) =>
      watchDomains(host, options, (event) => {
        if (event.kind === 'stopped' || event.kind === 'crashed') endings.tell(event.vmId);
        onEvent(event);
      }),
    consoleLog: readConsoleLog,
    async purge(host, layout) {
      const [vms] = await perform(host, observeVms(layout, options));
      await Promise.all(vms.map(({ id }) => destroyVm(reach(host, layout, id))));
      await purgeNode(host, layout);
    },
  };
}
