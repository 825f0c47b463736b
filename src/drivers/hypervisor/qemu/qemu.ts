/** The hypervisor driver for plain QEMU: a VM is a folder, a process with a user of its own, and five Unix sockets. */
import { type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import { planHash, type VmLaunch } from '../../../model/node/plan.ts';
import { readGuest } from '../../../tools/guest-agent.ts';
import type { HypervisorDriver, NodeAbilities, NodeLayout } from '../driver.ts';
import { groupArguments, groupPlaces } from '../vm-folder/cgroups.ts';
import { processName, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import type { Machine } from '../vm-folder/machine.ts';
import { prepareNode, probeQemu, purgeNode } from '../vm-folder/node.ts';
import { prepareVm, type Seed } from '../vm-folder/prepare.ts';
import { revertTo } from '../vm-folder/revert.ts';
import { runningLaunch } from '../vm-folder/running.ts';
import { startProcess, superviseProcess } from '../vm-folder/scripts.ts';
import { observeSnapshots, removeSnapshot, takeSnapshotOf } from '../vm-folder/snapshots.ts';
import { discardArrival, observeArrivals, requireRoom, transferVm } from '../vm-folder/transfer.ts';
import { qemuArguments } from './arguments.ts';
import { withAgent } from './control.ts';
import { attachNic, attachVolume, detachNic, detachVolume } from './hotplug.ts';
import { qemuLive, thawVm } from './live.ts';
import { observeVms } from './observe.ts';
import { pauseVm, rebootVm, resumeVm } from './power.ts';
import { resizeVm } from './resize.ts';
import { destroyVm, killVm, stopVm } from './stop.ts';
import { Watches } from './watch.ts';

export interface QemuParts {
  /** A VM's NoCloud seed. */
  seedOf(vm: VmLaunch): Seed;
}

export function createQemuDriver({ seedOf }: QemuParts): HypervisorDriver {
  const watches = new Watches();
  async function start(host: Host, layout: NodeLayout, abilities: NodeAbilities, vm: VmLaunch, label: string): Promise<void> {
    await startVm(host, layout, abilities, vm, label);
    watches.started(layout, vm.id);
  }
  return {
    name: 'qemu',
    can: hypervisors.qemu.can,
    probe: probeQemu,
    prepareNode,
    observe(layout) {
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
    runningLaunch: (layout, vmId) => runningLaunch(vmFolders(layout, vmId).state),
    prepare: (host, layout, vm, label) => prepareVm(host, layout, vm, label, seedOf(vm)),
    start,
    stop: stopVm,
    kill: killVm,
    pause: pauseVm,
    resume: resumeVm,
    reboot: rebootVm,
    thaw: thawVm,
    snapshot: (...snapshot) => takeSnapshotOf(qemuLive, ...snapshot),
    async revert(host, layout, abilities, vm, name) {
      const startPaused = (machine: Machine | null): Promise<void> => startVm(host, layout, abilities, vm, `VM ${vm.id}`, { machine });
      await revertTo({ control: qemuLive, host, layout, abilities, vm, name, startPaused });
    },
    removeSnapshot: (...snapshot) => removeSnapshot(qemuLive, ...snapshot),
    resize: resizeVm,
    attachNic,
    detachNic,
    attachVolume,
    detachVolume,
    snapshots: observeSnapshots,
    destroy: destroyVm,
    arrivals: observeArrivals,
    discardArrival,
    requireRoom,
    transfer: transferVm,
    async console(host, layout, vmId) {
      return await host.connect(vmFolders(layout, vmId).serial);
    },
    async vnc(host, layout, vmId) {
      return await host.connect(vmFolders(layout, vmId).vnc);
    },
    async guest(host, layout, vmId) {
      return await withAgent(host, layout, vmId, guestTime, readGuest);
    },
    watch: (host, layout, onEvent) => watches.open(host, layout, onEvent),
    consoleLog: readConsoleLog,
    async purge(host, layout) {
      const [vms] = await perform(host, observeVms(layout));
      await Promise.all(vms.map(({ id }) => destroyVm(host, layout, id)));
      await purgeNode(host, layout);
    },
  };
}

/** What the agent in a guest is given to say all that is asked, in ms. */
const guestTime = 3_000;

async function startVm(
  host: Host,
  layout: NodeLayout,
  abilities: NodeAbilities,
  vm: VmLaunch,
  label: string,
  paused?: { machine: Machine | null },
): Promise<void> {
  const folders = vmFolders(layout, vm.id);
  const memory = paused?.machine?.memory ?? vm.memory;
  const groups = [...groupPlaces, ...groupArguments(layout, vm, memory)];
  const qemu = [...qemuArguments(layout, vm, abilities, paused?.machine), ...(paused === undefined ? [] : ['-S'])];
  const command = [...unprivileged(vm.id, abilities), ...qemu];
  const { groupId } = await host.login();
  const identity = [String(vmUserId(vm.id)), processName(vm.id), String(groupId)];
  const result = await run(host, {
    argv: [
      'sh',
      '-c',
      startProcess,
      'croft-start',
      folders.state,
      folders.run,
      ...identity,
      planHash(vm),
      String(memory),
      superviseProcess,
      paused === undefined ? '' : 'paused',
      ...groups,
      ...command,
    ],
    stdin: JSON.stringify(vm),
    timeout: 60_000,
  });
  if (result.code === 0) return;
  throw new CroftError(
    'vm.launch',
    `${label} could not be started on ${host.name}: ${result.stderr.trim() || `exit code ${result.code}`}`,
    {
      node: host.name,
    },
  );
}

/** The part of the command line that gives up all privileges. Only for KVM is there a group to keep: the one of its device. */
function unprivileged(vmId: string, { accelerator }: NodeAbilities): string[] {
  const user = String(vmUserId(vmId));
  return [
    'setpriv',
    ...['--reuid', user, '--regid', user],
    ...(accelerator.kind === 'kvm' ? ['--groups', 'kvm'] : ['--clear-groups']),
    ...['--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs'],
  ];
}

export async function readConsoleLog(host: Host, layout: NodeLayout, vmId: string, bytes: number): Promise<string> {
  const { consoleLog } = vmFolders(layout, vmId);
  const result = await run(host, { argv: ['tail', '-c', String(bytes), '--', consoleLog] });
  if (result.code === 0) return result.stdout;
  throw new CroftError('not-found', `VM ${vmId} has no console log on ${host.name}: ${result.stderr.trim()}`, { node: host.name });
}
