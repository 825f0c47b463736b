/** Restores a VM to a snapshot: its disks by qemu-img, its memory in a QEMU of the same configuration. */
import { z } from 'zod';
import { type Call, perform } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { formatSize } from '../../../model/input/unit.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { abilitiesOf, type DriverNode, type NodeLayout, notRunning, type VmReference, type VmWithLaunch } from '../driver.ts';
import { vmDisks } from './disks.ts';
import { beginLoading, endLoading, halfDone, putDisksBack } from './half-revert.ts';
import { vmFolders, vmUserId } from './identity.ts';
import type { LiveControl, LiveDisks } from './live-disks.ts';
import { isSameMachine, type Machine, readMachine, type SnapshotMachine, snapshotMachineForm } from './machine.ts';
import { memoryOfAnother, otherNics, otherParts, partsOf } from './parts.ts';
import { note, runningLaunch } from './running.ts';
import { showMachine } from './scripts.ts';
import { jobTime, snapshotsIn, tagOf } from './snapshots.ts';

export interface Revert {
  control: LiveControl;
  node: DriverNode;
  /** The wanted launch. */
  vm: VmWithLaunch;
  name: string;
  /** Starts the VM with a paused guest, in the given machine's configuration where one is given. */
  startPaused(machine: Machine | null): Promise<void>;
}

/** See `NodeHypervisor.revert`. */
export async function revertTo(revert: Revert): Promise<void> {
  const { control, node, vm, name } = revert;
  const { host, layout } = node;
  const [[onFirst = []]] = await perform(host, snapshotsIn(vm, [vmFolders(layout, vm.id).disk]));
  const wanted = onFirst.find((snapshot) => snapshot.name === name);
  if (wanted === undefined)
    throw new CroftError('not-found', `VM ${vm.label} has no snapshot ${name} on ${host.name}`, { node: host.name });
  if (wanted.memory) return await revertMemory(revert);
  await requireOnAll(revert, vm.launch);
  await control.kill(node, vm);
  await putDisksBack(node, vm, name);
}

/** In the running QEMU where that has the same configuration, otherwise in a QEMU that is started with it. */
async function revertMemory(revert: Revert): Promise<void> {
  const { control, node, vm, name, startPaused } = revert;
  const { host, layout } = node;
  const [kept, known] = await perform(host, readKept(layout, vm, name), runningLaunch(vmFolders(layout, vm.id).state));
  const running = known ?? vm.launch;
  const machines: SnapshotMachine[] = [];
  const runs = await control.whileRunning(node, { ...vm, launch: running }, async ({ execute }) => {
    machines.push(await readMachine(execute, control.nicDevice, running));
  });
  const [present = null] = machines;
  const inPlace = runs && (kept === null || present === null || isSameMachine(kept, present));
  const launch = inPlace ? running : vm.launch;
  if (kept !== null && !inPlace) await requireFit(revert, kept, present);
  await requireOnAll(revert, launch);
  if (!inPlace) {
    if (runs) await control.kill(node, vm);
    await startPaused(kept?.machine ?? null);
  }
  await load(revert, launch, inPlace);
  const memory = kept?.parts.memory ?? launch.memory;
  if (memory !== launch.memory) await note(node, vm, (now) => ({ ...now, memory }));
}

/**
 * Rejects with `conflict.changed` where the VM's wanted launch does not permit the configuration of that time. `present`: the running
 * one.
 */
async function requireFit(revert: Revert, { parts, machine }: SnapshotMachine, present: SnapshotMachine | null): Promise<void> {
  const { control, node, vm, name } = revert;
  const { host } = node;
  const abilities = abilitiesOf(node);
  const differences = otherParts(parts, partsOf(vm.launch));
  // The guest may take back memory that it has returned: room for that is kept as long as the VM runs, and no longer.
  const room = Math.max(vm.launch.memory, present?.machine.memory ?? 0);
  if (differences.length === 0 && machine.memory > room) {
    differences.push(`memory ${formatSize(machine.memory)} when it was started, now ${formatSize(room)}`);
  }
  if (differences.length > 0) throw memoryOfAnother(name, differences);
  const changing = present === null ? [] : otherNics(parts, present.parts);
  if (changing.length > 0) throw memoryOfAnother(name, changing, 'Its NICs are being changed: try again once that is done.');
  const kind = abilities.accelerator.kind;
  const offloads = machine.offloads === null ? null : abilities.datapath === 'system';
  const version = await control.version(host);
  const others = [
    ...(machine.qemu === version ? [] : [`QEMU ${machine.qemu}, now ${version}`]),
    ...(machine.accelerator === kind ? [] : [`accelerator ${machine.accelerator}, now ${kind}`]),
    ...(machine.offloads === offloads ? [] : ["NICs for another datapath than its node's"]),
  ];
  if (others.length > 0) throw memoryOfAnother(name, others, `Nodes like ${host.name} cannot go on with it: use another snapshot.`);
}

/** Rejects with `conflict.changed` where a disk has no such snapshot. */
async function requireOnAll({ node: { host, layout }, vm, name }: Revert, launch: VmLaunch): Promise<void> {
  const disks = vmDisks(layout, launch);
  const present: { name: string }[][] = (
    await perform(
      host,
      snapshotsIn(
        vm,
        disks.map(({ file }) => file),
      ),
    )
  )[0];
  const without = disks.filter((_, index) => !present[index]?.some((snapshot) => snapshot.name === name));
  if (without.length === 0) return;
  const volumes = without.map(({ serial }) => serial).join(', ');
  throw new CroftError('conflict.changed', `the snapshot ${name} of VM ${vm.label} was taken before it had these volumes: ${volumes}`, {
    node: host.name,
    hint: 'Take them out of the slice first, or use a later snapshot.',
  });
}

/**
 * Where a restore fails after its beginning, the VM is a mixture of two states, which may not run. After an interruption, or where the VM
 * cannot be ended here, the mark says so, and the pass that finds the mark ends the VM.
 */
async function load({ control, node, vm, name }: Revert, launch: VmLaunch, inPlace: boolean): Promise<void> {
  let half = false;
  try {
    const live = await control.whileRunning(node, { ...vm, launch }, async (running) => {
      await running.execute('stop', {}, 60_000);
      try {
        await beginLoading(node, vm, name);
      } catch (thrown) {
        await running.resume();
        throw thrown;
      }
      half = true;
      const parameters = { tag: tagOf(name), vmstate: running.nodes[0], devices: running.nodes };
      await running.job('snapshot-load', parameters, jobTime(launch));
      await grow(running, vmDisks(node.layout, launch));
      await endLoading(node, vm);
      half = false;
      await running.resume();
    });
    if (!live) throw notRunning(node, vm);
  } catch (thrown) {
    if (half || !inPlace) await control.kill(node, vm).catch(() => undefined);
    throw half ? halfDone(node.host, `the memory of snapshot ${name} could not be put back`, thrown) : thrown;
  }
}

const blocksSchema = z.array(z.object({ 'node-name': z.string(), image: z.object({ 'virtual-size': z.number() }) }));

/** With its snapshot a disk gets its former size; it never becomes smaller than wanted. */
async function grow({ nodes, execute }: LiveDisks, disks: readonly { size: number | null }[]): Promise<void> {
  const blocks = blocksSchema.parse(await execute('query-named-block-nodes', { flat: true }, 10_000));
  const sizes = new Map(blocks.map((block) => [block['node-name'], block.image['virtual-size']]));
  for (const [index, node] of nodes.entries()) {
    const size = disks[index]?.size ?? 0;
    if (size > (sizes.get(node) ?? size)) await execute('block_resize', { 'node-name': node, size }, 60_000);
  }
}

/** The configuration that the snapshot was taken of; null where an earlier version of Croft took the snapshot. */
function readKept(layout: NodeLayout, vm: VmReference, name: string): Call<SnapshotMachine | null> {
  const parameters = [String(vmUserId(vm.id)), vmFolders(layout, vm.id).firmwareVariables, tagOf(name)];
  return {
    command: { argv: ['sh', '-c', showMachine, 'croft-companions', ...parameters] },
    parse({ code, stdout, stderr }) {
      if (code === 0 && stdout === '') return null;
      try {
        if (code === 0) return snapshotMachineForm.read(stdout, `snapshot ${name} of VM ${vm.label}`);
      } catch (thrown) {
        if (thrown instanceof CroftError && thrown.code === 'conflict.changed') throw thrown;
      }
      throw new CroftError('command.failed', `what snapshot ${name} of VM ${vm.label} was taken of cannot be read: ${stderr.trim()}`, {
        hint: 'Use another snapshot.',
      });
    },
  };
}
