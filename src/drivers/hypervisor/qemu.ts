/** The hypervisor driver for plain QEMU: a VM is a folder, a process with a user of its own, and three Unix sockets. */
import { type Host, perform, run } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import { createOverlay, diskFailure, grow, virtualSize } from '../../tools/qemu-img.ts';
import type { HypervisorDriver, NodeAbilities, NodeLayout } from './driver.ts';
import { processName, type VmFolders, vmFolders, vmUserId } from './identity.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { prepareNode, purgeNode } from './qemu-node.ts';
import { type LaunchRecord, observeVms } from './qemu-observe.ts';
import { prepareDisk, prepareSeed, startProcess, superviseProcess } from './qemu-scripts.ts';
import { destroyVm, stopVm } from './qemu-stop.ts';

export interface QemuParts {
  /** Makes the bytes of a VM's NoCloud seed. */
  buildSeed(vm: VmLaunch): Promise<Uint8Array>;
}

export function createQemuDriver({ buildSeed }: QemuParts): HypervisorDriver {
  return {
    name: 'qemu',
    prepareNode,
    observe: observeVms,
    async prepare(host, layout, vm, label) {
      const folders = vmFolders(layout, vm.id);
      const record = launchRecord(vm, label);
      if (await isPrepared(host, folders, record)) return;
      const seed = await buildSeed(vm);
      await ensureDisk(host, layout, vm, label, folders);
      await writeSeed(host, vm, label, folders, record, seed);
    },
    start: startVm,
    stop: stopVm,
    destroy: destroyVm,
    async console(host, layout, vmId) {
      return await host.connect(vmFolders(layout, vmId).serial);
    },
    consoleLog: readConsoleLog,
    async purge(host, layout) {
      const [vms] = await perform(host, observeVms(layout));
      await Promise.all(vms.map(({ id }) => destroyVm(host, layout, id)));
      await purgeNode(host, layout);
    },
  };
}

/** One line; the same for the same launch. */
function launchRecord(vm: VmLaunch, label: string): string {
  const record: LaunchRecord = { hash: planHash(vm), label };
  return JSON.stringify(record);
}

/** Whether disk and seed are there from an earlier start with the same launch: its record was written after both. */
async function isPrepared(host: Host, { state, disk, seed }: VmFolders, record: string): Promise<boolean> {
  const script = '[ -f "$1" ] && [ -f "$2" ] && IFS= read -r line <"$3/launch.json" && [ "$line" = "$4" ]';
  const { code } = await run(host, { argv: ['sh', '-c', script, 'croft-prepared', disk, seed, state, record] });
  return code === 0;
}

/** Makes the overlay where there is none, and enlarges it where the VM's disk became larger; a disk is never made smaller. */
async function ensureDisk(host: Host, layout: NodeLayout, vm: VmLaunch, label: string, folders: VmFolders): Promise<void> {
  const image = `${layout.stateFolder}/images/${vm.image.sha256}.${vm.image.format}`;
  const creation = createOverlay(image, vm.image.format);
  const result = await run(host, {
    argv: ['sh', '-c', prepareDisk, 'croft-disk', folders.state, String(vmUserId(vm.id)), ...creation],
  });
  if (result.code !== 0) throw diskFailure(`the disk of ${label} could not be made on ${host.name}`, result);
  if (vm.disk === null) return;
  const [size] = await perform(host, virtualSize(folders.disk));
  if (size < vm.disk) await perform(host, grow(folders.disk, vm.disk));
}

async function writeSeed(host: Host, vm: VmLaunch, label: string, folders: VmFolders, record: string, seed: Uint8Array): Promise<void> {
  const result = await run(host, {
    argv: ['sh', '-c', prepareSeed, 'croft-seed', folders.state, String(vmUserId(vm.id)), record],
    stdin: seed,
  });
  if (result.code !== 0) throw diskFailure(`the seed of ${label} could not be written on ${host.name}`, result);
}

async function startVm(host: Host, layout: NodeLayout, abilities: NodeAbilities, vm: VmLaunch, label: string): Promise<void> {
  const folders = vmFolders(layout, vm.id);
  const command = [...unprivileged(vm.id, abilities), ...qemuArguments(vm, folders, abilities)];
  const { groupId } = await host.login();
  const identity = [String(vmUserId(vm.id)), processName(vm.id), String(groupId)];
  const result = await run(host, {
    argv: ['sh', '-c', startProcess, 'croft-start', folders.state, folders.run, ...identity, planHash(vm), superviseProcess, ...command],
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

async function readConsoleLog(host: Host, layout: NodeLayout, vmId: string, bytes: number): Promise<string> {
  const { consoleLog } = vmFolders(layout, vmId);
  const result = await run(host, { argv: ['tail', '-c', String(bytes), '--', consoleLog] });
  if (result.code === 0) return result.stdout;
  throw new CroftError('not-found', `VM ${vmId} has no console log on ${host.name}: ${result.stderr.trim()}`, { node: host.name });
}
