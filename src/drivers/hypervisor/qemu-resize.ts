/** Other sizes for a VM: its disks grow at once, its CPUs and memory change at its next start. */
import { type Host, run } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { VmLaunch } from '../../model/node-plan.ts';
import { diskFailure, diskFunctions } from '../../tools/qemu-img.ts';
import type { Deferred, NodeLayout } from './driver.ts';
import { withDiskSizes } from './launch-parts.ts';
import { withControl } from './qemu-control.ts';
import { type VmDisk, vmDisks } from './qemu-disks.ts';
import { makeDisk } from './qemu-prepare.ts';
import { adopt, readRunning } from './qemu-running.ts';

/** Prints the size that a guest sees of each disk, then of its base or 0. Arguments: for each disk its file, its base, the base's format. */
const showSizes = `
set -eu
${diskFunctions}
while [ "$#" -ge 3 ]; do
  size=$(virtual_size "$1" qcow2)
  least=0
  [ -z "$2" ] || least=$(virtual_size "$2" "$3")
  echo "$size $least"
  shift 3
done
`;

/** See `HypervisorDriver.resize`. Memory is not taken from a guest that runs: a balloon needs its consent. */
export async function resizeVm(host: Host, layout: NodeLayout, vm: VmLaunch): Promise<Deferred> {
  const running = await readRunning(host, layout, vm.id);
  const growing = await growingDisks(host, layout, running === null ? vm : withDiskSizes(running.launch, vm));
  if (!(await growLive(host, layout, vm, growing))) {
    for (const { disk } of growing) await makeDisk(host, layout, vm.id, disk);
    return { atNextStart: [] };
  }
  if (running === null) return { atNextStart: ['cpus', 'memory'] };
  await adopt(host, layout, running, withDiskSizes(running.launch, vm));
  return { atNextStart: (['cpus', 'memory'] as const).filter((part) => running.launch[part] !== vm[part]) };
}

interface GrowingDisk {
  disk: VmDisk;
  /** Bytes. */
  size: number;
}

/** Those that are smaller than they are to be. Rejects with `input.invalid` for one that is larger. */
export async function growingDisks(host: Host, layout: NodeLayout, vm: VmLaunch): Promise<GrowingDisk[]> {
  const disks = vmDisks(layout, vm);
  const parameters = disks.flatMap(({ file, base }) => [file, base?.file ?? '', base?.format ?? '']);
  const result = await run(host, { argv: ['sh', '-c', showSizes, 'croft-sizes', ...parameters] });
  if (result.code !== 0) throw diskFailure(`the sizes of the disks of VM ${vm.id} cannot be read on ${host.name}`, result);
  const sizes = result.stdout.split('\n').map((line) => line.split(' ').map(Number));
  return disks.flatMap((disk, index) => {
    if (disk.size === null) return [];
    const [present = 0, least = 0] = sizes[index] ?? [];
    const size = Math.max(disk.size, least);
    if (size < present) throw tooSmall(host, vm, disk, present);
    return size === present ? [] : [{ disk, size }];
  });
}

function tooSmall(host: Host, vm: VmLaunch, { serial, size }: VmDisk, present: number): CroftError {
  const what = serial === null ? 'the disk' : `the volume ${serial}`;
  return new CroftError('input.invalid', `${what} of VM ${vm.id} has ${present} bytes on ${host.name} and cannot become ${size}`, {
    node: host.name,
    hint: 'A disk can only grow: give it at least the size that it has.',
  });
}

/** False where the VM does not run. */
async function growLive(host: Host, layout: NodeLayout, vm: VmLaunch, growing: readonly GrowingDisk[]): Promise<boolean> {
  try {
    await withControl(host, layout, vm.id, async (session) => {
      for (const { disk, size } of growing) await session.execute('block_resize', { 'node-name': disk.node, size }, 60_000);
    });
    return true;
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'vm.not-running') return false;
    throw thrown;
  }
}
