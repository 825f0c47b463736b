/** The disks and CD-ROMs of a VM: which there are, what each is made on, and how its QEMU is given them. Pure. */
import { CroftError } from '../../model/error.ts';
import type { LaunchImage, VmLaunch, VolumePlan } from '../../model/node-plan.ts';
import type { NodeLayout } from './driver.ts';
import { vmFolders } from './identity.ts';

export interface VmDisk {
  file: string;
  /** The image that it is a copy-on-write disk on; null for a disk that begins empty. */
  base: { file: string; format: 'qcow2' | 'raw' } | null;
  /** Bytes; null for the size of the base. */
  size: number | null;
  /** What its guest finds it by, below /dev/disk/by-id; null for the first disk. */
  serial: string | null;
}

/** The places of the machine's IDE controller: the seed has one, the image that a VM is installed from another, volumes the rest. */
const seedPlace = 'bus=ide.1,unit=0';
const imagePlace = 'bus=ide.0,unit=0';
const volumePlaces = ['bus=ide.0,unit=1', 'bus=ide.1,unit=1'] as const;

/** The first disk first, then the volumes in their order, without the CD-ROMs. Throws `vm.launch` where a size is missing. */
export function vmDisks(layout: NodeLayout, vm: VmLaunch): VmDisk[] {
  const folders = vmFolders(layout, vm.id);
  return [
    { file: folders.disk, base: baseOf(layout, vm.image), size: sizeOf('its disk', vm.image, vm.disk), serial: null },
    ...vm.volumes.filter(isDisk).map(({ id, name, image, size }) => ({
      file: `${folders.state}/${volumeFileName(id)}`,
      base: baseOf(layout, image),
      size: sizeOf(`the volume ${name}`, image, size),
      serial: name,
    })),
  ];
}

/**
 * All files in a VM's state folder that cannot be made again: its disks, and its firmware's variables. Whoever moves a VM
 * moves these. A disk names its image by its path, in the folder `images` of the node's state folder.
 */
export function diskFiles(layout: NodeLayout, vm: VmLaunch): string[] {
  const variables = vm.firmware === 'uefi' ? [vmFolders(layout, vm.id).firmwareVariables] : [];
  return [...vmDisks(layout, vm).map(({ file }) => file), ...variables];
}

/** Names of volumes' files begin alike, so that those which a VM has no longer can be told. */
function volumeFileName(volumeId: string): string {
  return `volume-${volumeId}.qcow2`;
}

function isDisk({ image }: VolumePlan): boolean {
  return image?.format !== 'iso';
}

function imageFile(layout: NodeLayout, { sha256, format }: LaunchImage): string {
  return `${layout.stateFolder}/images/${sha256}.${format}`;
}

function baseOf(layout: NodeLayout, image: LaunchImage | null): VmDisk['base'] {
  if (image === null || image.format === 'iso') return null;
  return { file: imageFile(layout, image), format: image.format };
}

function sizeOf(what: string, image: LaunchImage | null, size: number | null): number | null {
  if (size !== null || (image !== null && image.format !== 'iso')) return size;
  throw new CroftError('vm.launch', `${what} begins empty and has no size`, { hint: 'Give it a size in the slice file.' });
}

/**
 * QEMU's arguments. A VM of an ISO image boots from its own disk once something is on it, and from the CD-ROM until then.
 * Every CD-ROM has a place in the boot order, the seed the last: UEFI switches on only those channels of the IDE controller
 * on which it may find something to boot, and Linux leaves alone what is not switched on.
 */
export function diskArguments(layout: NodeLayout, vm: VmLaunch): string[] {
  const volumes = vm.volumes.flatMap(({ image }) => (image?.format === 'iso' ? [imageFile(layout, image)] : []));
  if (volumes.length > volumePlaces.length) {
    throw new CroftError('vm.launch', `${volumes.length} volumes are CD-ROMs, and a VM has room for ${volumePlaces.length}`);
  }
  const cdRoms = [
    ...(vm.image.format === 'iso' ? [{ name: 'install', file: imageFile(layout, vm.image), place: imagePlace }] : []),
    ...volumes.map((file, index) => ({ name: `cdrom${index}`, file, place: volumePlaces[index] ?? '' })),
    { name: 'seed', file: vmFolders(layout, vm.id).seed, place: seedPlace },
  ];
  return [...vmDisks(layout, vm).flatMap(disk), ...cdRoms.flatMap((each, index) => cdRom(each, 2 + index))];
}

/** What a guest discards, or overwrites with zeros, is given back to the node. */
function disk({ file, serial }: VmDisk, index: number): string[] {
  const name = `disk${index}`;
  const node = { 'node-name': name, driver: 'qcow2', discard: 'unmap', 'detect-zeroes': 'unmap' };
  const place = serial === null ? 'bootindex=1' : `serial=${serial}`;
  return [
    ...['-blockdev', JSON.stringify({ ...node, file: { driver: 'file', filename: file, discard: 'unmap' } })],
    ...['-device', `virtio-blk-pci,drive=${name},${place}`],
  ];
}

function cdRom({ name, file, place }: { name: string; file: string; place: string }, bootIndex: number): string[] {
  const access = { 'read-only': true };
  return [
    ...['-blockdev', JSON.stringify({ 'node-name': name, driver: 'raw', ...access, file: { driver: 'file', filename: file, ...access } })],
    ...['-device', `ide-cd,drive=${name},${place},bootindex=${bootIndex}`],
  ];
}
