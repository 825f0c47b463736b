/** The hypervisor driver for plain QEMU: a VM is a folder, a process with a user of its own, and five Unix sockets. */
import { perform } from '../../../host/host.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import { readGuest } from '../../../tools/guest-agent.ts';
import type { DriverNode, HypervisorDriver, NodeHypervisor } from '../driver.ts';
import { readConsoleLog } from '../vm-folder/console-log.ts';
import { vmFolders } from '../vm-folder/identity.ts';
import { prepareNode, purgeNode } from '../vm-folder/node.ts';
import { prepareVm, type VmFolderParts } from '../vm-folder/prepare.ts';
import { revertTo } from '../vm-folder/revert.ts';
import { runningLaunch } from '../vm-folder/running.ts';
import { observeSnapshots, removeSnapshot, takeSnapshotOf } from '../vm-folder/snapshots.ts';
import { discardArrival, observeArrivals, requireRoom, transferVm } from '../vm-folder/transfer.ts';
import { withAgent } from './control.ts';
import { attachNic, attachVolume, detachNic, detachVolume } from './hotplug.ts';
import { qemuLive, thawVm } from './live.ts';
import { observeVms } from './observe.ts';
import { pauseVm, rebootVm, resumeVm } from './power.ts';
import { probeQemu } from './probe.ts';
import { resizeVm } from './resize.ts';
import { startVm } from './start.ts';
import { destroyVm, killVm, stopVm } from './stop.ts';
import { Watches } from './watch.ts';

const traits = { name: 'qemu', can: hypervisors.qemu.can } as const;

/** Time limit for the agent in a guest to answer all questions, in ms. */
const guestTime = 3_000;

export function createQemuDriver(parts: VmFolderParts): HypervisorDriver {
  const watches = new Watches();
  return { ...traits, on: (node) => qemuOn(node, parts, watches) };
}

function qemuOn(node: DriverNode, { seedOf }: VmFolderParts, watches: Watches): NodeHypervisor {
  const { host, layout } = node;
  return {
    ...traits,
    probe: probeQemu,
    prepareNode: () => prepareNode(node),
    observe() {
      const { command, parse } = observeVms(layout);
      return {
        command,
        parse(result) {
          const vms = parse(result);
          watches.observed(layout, vms);
          return vms;
        },
      };
    },
    runningLaunch: ({ id }) => runningLaunch(vmFolders(layout, id).state),
    prepare: (vm) => prepareVm(node, vm, seedOf(vm.launch)),
    async start(vm) {
      await startVm(node, vm);
      watches.started(layout, vm);
    },
    stop: (vm, times) => stopVm(node, vm, times),
    kill: (vm) => killVm(node, vm),
    pause: (vm) => pauseVm(node, vm),
    resume: (vm) => resumeVm(node, vm),
    reboot: (vm, gently) => rebootVm(node, vm, gently),
    thaw: (vm) => thawVm(node, vm),
    resize: (vm) => resizeVm(node, vm),
    snapshot: (vm, name, memory) => takeSnapshotOf(qemuLive, node, vm, name, memory),
    revert: (vm, name) => revertTo({ control: qemuLive, node, vm, name, startPaused: (machine) => startVm(node, vm, { machine }) }),
    removeSnapshot: (vm, name) => removeSnapshot(qemuLive, node, vm, name),
    snapshots: (vm) => observeSnapshots(layout, vm),
    attachNic: (vm, nicId) => attachNic(node, vm, nicId),
    detachNic: (vm, nicId) => detachNic(node, vm, nicId),
    attachVolume: (vm, volumeId) => attachVolume(node, vm, volumeId),
    detachVolume: (vm, volumeId) => detachVolume(node, vm, volumeId),
    destroy: (vm) => destroyVm(node, vm),
    arrivals: () => observeArrivals(layout),
    discardArrival: (vm) => discardArrival(node, vm),
    requireRoom: (vm, to) => requireRoom(node, vm, to),
    async transfer(vm, to, options) {
      // Left by an earlier stay of the VM there: only the record on the node that it leaves counts.
      await destroyVm(to, vm);
      await transferVm(node, vm, to, options);
    },
    console: async ({ id }) => await host.connect(vmFolders(layout, id).serial),
    vnc: async ({ id }) => await host.connect(vmFolders(layout, id).vnc),
    guest: (vm) => withAgent(node, vm, guestTime, readGuest),
    watch: (onEvent) => watches.open(node, onEvent),
    consoleLog: (vm, bytes) => readConsoleLog(node, vm, bytes),
    async purge() {
      const [vms] = await perform(host, observeVms(layout));
      await Promise.all(vms.map(({ id }) => destroyVm(node, { id, label: id })));
      await purgeNode(node);
    },
  };
}
