/** Moves a VM to another node: the VM is stopped, its disks are copied, and only then does the VM belong to the other node. */
import type { VmWithLaunch } from '../drivers/hypervisor/driver.ts';
import { asCroftError, CroftError } from '../model/error.ts';
import type { WantedVm } from '../model/node/plan.ts';
import { type Berth, type ExecutionContext, referenceTo, timed } from './context.ts';
import type { StepShapes } from './steps.ts';
import { ensureImages } from './vm-images.ts';

type Move = StepShapes['move'];

/**
 * Checks that are possible while the VM still runs are made first, so that a move which cannot succeed does not stop the VM. Where the
 * move fails or is interrupted at any point, the VM is intact on its node, which starts the VM again if it is to run.
 */
export async function moveVm(context: ExecutionContext, { vm, to, seen }: Move): Promise<void> {
  const { openBerth, progress } = context;
  try {
    await using berth = await openBerth(vm.launch.id, to);
    if (berth === null) return progress.vmNotMoved(vm, null);
    try {
      await bring(context, vm, seen, berth);
    } catch (thrown) {
      if (berth.signal.aborted) return progress.vmNotMoved(vm, null);
      throw thrown;
    }
    if (await berth.complete()) {
      progress.vmMoved(vm, berth.host.name);
      if (seen !== null) await clear(context, context, vm);
    } else await clear(context, berth, vm);
  } catch (thrown) {
    progress.vmNotMoved(vm, asCroftError(thrown));
  }
}

async function bring(context: ExecutionContext, vm: WantedVm, seen: Move['seen'], berth: Berth): Promise<void> {
  const { hypervisor } = context;
  const { launch } = vm;
  const reference = referenceTo(vm);
  if (seen === null) return await berth.hypervisor.destroy(reference);
  if (vm.missingImages.length > 0) {
    throw new CroftError('conflict.in-use', `its volumes need images that were not fetched yet: ${vm.missingImages.join(', ')}`);
  }
  await timed(context, reference, 'image', () => ensureImages({ ...context, ...berth }, launch, vm.label));
  await hypervisor.requireRoom(reference, berth);
  berth.signal.throwIfAborted();
  if (seen.state === 'running' || seen.state === 'paused') await stop(context, vm);
  await timed(context, reference, 'move', () => transfer(context, reference, seen.exitCode, berth));
}

/**
 * Removes the VM at once from the node that it no longer belongs to: when its row is gone, nothing shows any more that the VM is not
 * foreign. Where the removal fails, the node's passes try it again.
 */
async function clear(
  { progress }: ExecutionContext,
  { host, hypervisor }: Pick<Berth, 'host' | 'hypervisor'>,
  { launch: { id }, label }: WantedVm,
): Promise<void> {
  try {
    await hypervisor.destroy({ id, label });
  } catch (thrown) {
    progress.nodeFailed(`what ${label} left on ${host.name}`, asCroftError(thrown));
  }
}

async function stop(context: ExecutionContext, { launch: { id }, label }: WantedVm): Promise<void> {
  const { hypervisor, stopTimes, progress } = context;
  const vm = { id, label };
  const how = await timed(context, vm, 'stop', () => hypervisor.stop(vm, stopTimes));
  progress.vmStopped(vm, how);
}

/** ms and percent between two progress reports. */
const tellAfter = 2_000;
const tellStep = 5;

async function transfer(context: ExecutionContext, vm: VmWithLaunch, exitCode: number | null, berth: Berth): Promise<void> {
  const { hypervisor, progress, clock } = context;
  let told = { at: clock(), percent: 0 };
  const onProgress = (percent: number): void => {
    if (clock() - told.at < tellAfter || percent < told.percent + tellStep) return;
    told = { at: clock(), percent };
    progress.vmProgress(vm.id, vm.label, 'move', percent);
  };
  try {
    await hypervisor.transfer(vm, berth, { exitCode, signal: berth.signal, onProgress });
  } catch (thrown) {
    // Files that filled a disk are removed again; the transfer resumes with all others, or the node's passes find and remove them.
    if (asCroftError(thrown).code === 'disk.full') await berth.hypervisor.discardArrival(vm);
    throw thrown;
  }
}
