/** Moving a VM to another node: it is stopped, its disks are copied, and only then it belongs there. */
import type { VmWithLaunch } from '../drivers/hypervisor/driver.ts';
import { asCroftError, CroftError } from '../model/error.ts';
import type { WantedVm } from '../model/node/plan.ts';
import { type Berth, type ExecutionContext, referenceTo, timed } from './context.ts';
import type { StepShapes } from './steps.ts';
import { ensureImages } from './vm-images.ts';

type Move = StepShapes['move'];

/**
 * What can be found out while the VM still runs is found out first, so that a move which cannot succeed does not stop it.
 * Where it fails or is cut off at any point, the VM is whole on its node, which starts it again if it is to run.
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
 * Takes the VM off the node that does not have it, at once: when its row is gone, nothing tells any more that this is no
 * stranger. Where this fails, the node's passes try it again.
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

/** ms and percent between two tellings of how far it is. */
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
    // What filled a disk is taken off it again; all else that arrived is gone on with, or found and removed by the node's passes.
    if (asCroftError(thrown).code === 'disk.full') await berth.hypervisor.discardArrival(vm);
    throw thrown;
  }
}
