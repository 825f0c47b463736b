/**
 * VMs of which only a part is restored to a snapshot. They are marked in their folder from before the first disk is changed until all is
 * restored; after an interruption, such a VM does not run before the rest of its disks is restored too.
 */
import { type Host, run } from '../../../host/host.ts';
import { asCroftError, CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeLayout, NodeReach, VmReference, VmWithLaunch } from '../driver.ts';
import { vmDisks } from './disks.ts';
import { vmFolders } from './identity.ts';
import { applySnapshot, beginLoad, endLoad, finishRevert } from './scripts.ts';
import { offline, tagOf } from './snapshots.ts';

/** Restores the disks of a VM that does not run. Where that rejects, the VM may be half restored. */
export async function putDisksBack(node: NodeReach, vm: VmWithLaunch, name: string): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  try {
    await offline(node, vm, applySnapshot, tagOf(name), disksOf(layout, launch));
  } catch (thrown) {
    throw halfDone(host, `VM ${vm.label} is not put back to snapshot ${name}, or only half`, thrown);
  }
}

/** Restores the rest of a half restored VM that does not run; no effect on other VMs. */
export async function finishHalf(node: NodeReach, vm: VmWithLaunch): Promise<void> {
  const { host, layout } = node;
  const { launch } = vm;
  try {
    await offline(node, vm, finishRevert, '', disksOf(layout, launch));
  } catch (thrown) {
    throw halfDone(host, `${vm.label} is half put back to a snapshot, and the rest of it could not be put back`, thrown);
  }
}

/** The first disk last, each with its least size. */
function disksOf(layout: NodeLayout, vm: VmLaunch): string[] {
  return vmDisks(layout, vm)
    .toReversed()
    .flatMap(({ file, size }) => [file, size === null ? '' : String(size)]);
}

/** Until `endLoading` the VM is marked as one whose QEMU has loaded only a part of the snapshot. */
export async function beginLoading(node: NodeReach, vm: VmReference, name: string): Promise<void> {
  const { host, layout } = node;
  const result = await run(host, { argv: ['sh', '-c', beginLoad, 'croft-load', vmFolders(layout, vm.id).state, tagOf(name)] });
  if (result.code !== 0) throw diskFailure(`it could not be noted that VM ${vm.label} is put back on ${host.name}`, result, host.name);
}

/** The VM is complete, and paused. */
export async function endLoading(node: NodeReach, vm: VmReference): Promise<void> {
  const { host, layout } = node;
  const folders = vmFolders(layout, vm.id);
  const result = await run(host, { argv: ['sh', '-c', endLoad, 'croft-load', folders.state, folders.run] });
  if (result.code !== 0) throw diskFailure(`it could not be noted that VM ${vm.label} is put back on ${host.name}`, result, host.name);
}

/** With the code and the advice of the given error. */
export function halfDone(host: Host, what: string, thrown: unknown): CroftError {
  const { code, message, hint } = asCroftError(thrown);
  const advice = 'It starts only once all its disks are put back, which is tried whenever it is to start; or put it back again.';
  return new CroftError(code, `${what}: ${message}`, {
    node: host.name,
    hint: hint === undefined ? advice : `${hint} ${advice}`,
    cause: thrown,
  });
}
