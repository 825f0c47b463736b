/** The disks of a VM that are smaller than wanted. */
import { run } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import { diskFailure } from '../../../tools/qemu-img.ts';
import type { NodeReach, VmReference, VmWithLaunch } from '../driver.ts';
import { type VmDisk, vmDisks } from './disks.ts';

const showSizes = readScript(import.meta.url, 'scripts/show-sizes.sh');

interface GrowingDisk {
  disk: VmDisk;
  /** Bytes. */
  size: number;
}

/** The disks that are smaller than wanted. Rejects with `input.invalid` for a disk that is larger. */
export async function growingDisks(node: NodeReach, vm: VmWithLaunch): Promise<GrowingDisk[]> {
  const { host, layout } = node;
  const { launch } = vm;
  const disks = vmDisks(layout, launch);
  const parameters = disks.flatMap(({ file, base }) => [file, base?.file ?? '', base?.format ?? '']);
  const result = await run(host, { argv: ['sh', '-c', showSizes, 'croft-sizes', ...parameters] });
  if (result.code !== 0) throw diskFailure(`the sizes of the disks of VM ${vm.label} cannot be read on ${host.name}`, result, host.name);
  const sizes = result.stdout.split('\n').map((line) => line.split(' ').map(Number));
  return disks.flatMap((disk, index) => {
    if (disk.size === null) return [];
    const [present = 0, least = 0] = sizes[index] ?? [];
    const size = Math.max(disk.size, least);
    if (size < present) throw tooSmall(node, vm, disk, present);
    return size === present ? [] : [{ disk, size }];
  });
}

function tooSmall({ host }: NodeReach, vm: VmReference, { serial, size }: VmDisk, present: number): CroftError {
  const what = serial === null ? 'the disk' : `the volume ${serial}`;
  return new CroftError('input.invalid', `${what} of VM ${vm.label} has ${present} bytes on ${host.name} and cannot become ${size}`, {
    node: host.name,
    hint: 'A disk can only grow: give it at least the size that it has.',
  });
}
