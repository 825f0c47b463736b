/**
 * Snapshots inside a VM's disks: by its QEMU while that runs, otherwise by qemu-img. A snapshot is valid exactly when the first disk has
 * it, which therefore gets it last and loses it first: an interrupted snapshot is not valid. The variables of UEFI, or the machine's
 * configuration for the memory, are saved before that.
 */
import { z } from 'zod';
import { type Call, type CommandResult, type Host, perform, run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { nameRule, nameSchema } from '../../../model/input/name.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { mebibyte } from '../../../model/vm/flavor.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import { type NodeLayout, type NodeReach, notRunning, type ObservedSnapshot, type VmReference, type VmWithLaunch } from '../driver.ts';
import { vmDisks } from './disks.ts';
import { processName, vmFolders, vmUserId } from './identity.ts';
import type { LiveControl, LiveDisks } from './live-disks.ts';
import { readMachine, snapshotMachineForm } from './machine.ts';
import { runningLaunch } from './running.ts';
import { dropCompanions, dropSnapshot, keepMachine, keepVariables, showSnapshots, stillRuns, takeSnapshot } from './scripts.ts';

/**
 * Snapshots that an administrator makes by hand do not belong to Croft; and qemu-img would take a bare number for another snapshot's
 * index.
 */
const prefix = 'croft-';

/** Throws `input.invalid`. */
export function tagOf(name: string): string {
  if (nameSchema.safeParse(name).success) return prefix + name;
  throw new CroftError('input.invalid', `"${name.slice(0, 80)}" is no name of a snapshot: ${nameRule}`);
}

const infoSchema = z.object({
  snapshots: z
    .array(z.object({ name: z.string(), 'vm-state-size': z.number(), 'date-sec': z.number(), 'date-nsec': z.number() }))
    .default([]),
});

/** Each disk's own snapshots; none for a missing disk. One call. */
export function snapshotsIn(vm: VmReference, files: readonly string[]): Call<ObservedSnapshot[][]> {
  return {
    command: { argv: ['sh', '-c', showSnapshots, 'croft-snapshots', String(vmUserId(vm.id)), ...files] },
    parse(result) {
      if (result.code !== 0) throw diskFailure(`the snapshots of VM ${vm.label} cannot be read`, result);
      const documents = result.stdout.split(/^(?=\{|null$)/m).filter((text) => text.trim() !== '');
      return documents.map((text) => infoSchema.nullable().parse(JSON.parse(text))?.snapshots.flatMap(observed) ?? []);
    },
  };
}

function observed(entry: z.infer<typeof infoSchema>['snapshots'][number]): ObservedSnapshot[] {
  if (!entry.name.startsWith(prefix)) return [];
  const at = entry['date-sec'] * 1000 + Math.floor(entry['date-nsec'] / 1e6);
  return [{ name: entry.name.slice(prefix.length), memory: entry['vm-state-size'] > 0, at }];
}

/** See `NodeHypervisor.snapshots`. */
export function observeSnapshots(layout: NodeLayout, vm: VmReference): Call<ObservedSnapshot[]> {
  const { command, parse } = snapshotsIn(vm, [vmFolders(layout, vm.id).disk]);
  return { command, parse: (result) => (parse(result)[0] ?? []).toSorted((a, b) => a.at - b.at) };
}

/** Time for a guest's memory: QEMU writes at least at this rate, in bytes per second, and answers nothing meanwhile. */
const slowestDisk = 20 * mebibyte;
export const jobTime = ({ memory }: VmLaunch): number => 60_000 + (memory / slowestDisk) * 1000;

/** See `NodeHypervisor.snapshot`. For a running VM, of the disks that it runs with: disks that are only wanted have no content yet. */
export async function takeSnapshotOf(
  control: LiveControl,
  node: NodeReach,
  vm: VmWithLaunch,
  name: string,
  memory: boolean,
): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const tag = tagOf(name);
  const [present, running] = await perform(host, observeSnapshots(layout, vm), runningLaunch(vmFolders(layout, vm.id).state));
  if (present.some((snapshot) => snapshot.name === name)) {
    throw new CroftError('conflict.exists', `VM ${vm.label} has a snapshot ${name} already`, {
      node: host.name,
      hint: 'Use another name, or remove that snapshot first.',
    });
  }
  const live = await control.whileRunning(node, { ...vm, launch: running ?? launch }, async (disks) => {
    const devices = disks.nodes.toReversed();
    if (devices.length > 1) await disks.job('snapshot-delete', { tag, devices: devices.slice(0, -1) }, jobTime(launch));
    if (memory) {
      const machine = await readMachine(disks.execute, control.nicDevice, running ?? launch);
      await onCompanions(node, vm, keepMachine, tag, snapshotMachineForm.write(machine));
      await disks.job('snapshot-save', { tag, vmstate: disks.nodes[0], devices }, jobTime(launch));
    } else {
      await disks.frozen(async () => {
        await onCompanions(node, vm, keepVariables, tag);
        await takeDisks(disks, tag, devices);
      });
    }
  });
  if (live) return;
  if (memory) throw notRunning(node, vm);
  await offline(node, vm, takeSnapshot, tag, diskFilesOf(layout, launch).reverse());
}

export function diskFilesOf(layout: NodeLayout, vm: VmLaunch): string[] {
  return vmDisks(layout, vm).map(({ file }) => file);
}

/** Of all disks at one instant, or of none. */
async function takeDisks(live: LiveDisks, tag: string, devices: readonly string[]): Promise<void> {
  const actions = devices.map((device) => ({ type: 'blockdev-snapshot-internal-sync', data: { device, name: tag } }));
  await live.execute('transaction', { actions }, 60_000);
}

/** See `NodeHypervisor.removeSnapshot`. */
export async function removeSnapshot(control: LiveControl, node: NodeReach, vm: VmWithLaunch, name: string): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  const tag = tagOf(name);
  const [running] = await perform(host, runningLaunch(vmFolders(layout, vm.id).state));
  const live = await control.whileRunning(node, { ...vm, launch: running ?? launch }, async (disks) => {
    await disks.job('snapshot-delete', { tag, devices: disks.nodes }, jobTime(launch));
    await onCompanions(node, vm, dropCompanions, tag);
  });
  if (!live) await offline(node, vm, dropSnapshot, tag, diskFilesOf(layout, launch));
}

/** For a VM that does not run. */
export async function offline(node: NodeReach, vm: VmReference, script: string, tag: string, disks: readonly string[]): Promise<void> {
  const { host, layout } = node;
  const { state, run: runFolder, firmwareVariables } = vmFolders(layout, vm.id);
  const identity = [String(vmUserId(vm.id)), processName(vm.id)];
  const result = await run(host, {
    argv: ['sh', '-c', script, 'croft-snapshot', state, runFolder, ...identity, firmwareVariables, tag, ...disks],
    timeout: 300_000,
  });
  if (result.code !== 0) throw offlineFailure(host, vm, result);
}

/** Files beside the disks of a running VM's snapshot. */
async function onCompanions(node: NodeReach, vm: VmReference, script: string, tag: string, stdin = ''): Promise<void> {
  const { host, layout } = node;
  const parameters = [String(vmUserId(vm.id)), vmFolders(layout, vm.id).firmwareVariables, tag];
  const result = await run(host, { argv: ['sh', '-c', script, 'croft-companions', ...parameters], stdin });
  if (result.code !== 0)
    throw diskFailure(`what belongs to a snapshot of VM ${vm.label} could not be kept on ${host.name}`, result, host.name);
}

function offlineFailure(host: Host, { label }: VmReference, result: CommandResult): CroftError {
  const what = `the snapshots of VM ${label} could not be changed on ${host.name}`;
  if (result.code !== stillRuns) return diskFailure(what, result, host.name);
  return new CroftError('command.failed', `${what}: it runs, and its control socket does not answer: ${result.stderr.trim()}`, {
    node: host.name,
    hint: 'Stop the VM, then try again.',
  });
}
