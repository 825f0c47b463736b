/** The disks and CD-ROMs of a VM, and the base of each. Pure. */
import { CroftError } from '../../../model/error.ts';
import type { LaunchImage, VmLaunch, VolumePlan } from '../../../model/node/plan.ts';
import { bootPlace } from '../../../model/vm/boot-order.ts';
import type { NodeLayout } from '../driver.ts';
import { vmFolders } from './identity.ts';

export interface VmDisk {
  /** QEMU's name of the disk's node, and of its device: at most 31 characters, and unique among disks. */
  node: string;
  file: string;
  /** The base image of the copy-on-write disk; null for a disk that begins empty. */
  base: { file: string; format: 'qcow2' | 'raw' } | null;
  /** Bytes; null for the size of the base. */
  size: number | null;
  /** The name by which its guest finds the disk, below /dev/disk/by-id; null for the first disk. */
  serial: string | null;
  /** Its place in the boot order, from 1; null where the VM does not boot from it. */
  bootIndex: number | null;
}

interface CdRomPlace {
  channel: 0 | 1;
  unit: 0 | 1;
}

export interface CdRom {
  name: string;
  file: string;
  place: CdRomPlace;
  bootIndex: number | null;
}

/** The places of the machine's IDE controller: the seed takes one, the installation image another, volumes the rest. */
const seedPlace: CdRomPlace = { channel: 1, unit: 0 };
const imagePlace: CdRomPlace = { channel: 0, unit: 0 };
const volumePlaces: readonly CdRomPlace[] = [
  { channel: 0, unit: 1 },
  { channel: 1, unit: 1 },
];

/** The first disk first, then the volumes in their order, without the CD-ROMs. Throws `vm.launch` where a size is missing. */
export function vmDisks(layout: NodeLayout, vm: VmLaunch): VmDisk[] {
  const folders = vmFolders(layout, vm.id);
  return [
    {
      node: 'disk0',
      file: folders.disk,
      base: baseOf(layout, vm.image),
      size: sizeOf('its disk', vm.image, vm.disk),
      serial: null,
      bootIndex: bootPlace(vm, 'disk'),
    },
    ...vm.volumes.filter(isDisk).map(({ id, name, image, size }) => ({
      node: volumeNode(id),
      file: volumeFile(layout, vm.id, id),
      base: baseOf(layout, image),
      size: sizeOf(`the volume ${name}`, image, size),
      serial: name,
      bootIndex: bootPlace(vm, id),
    })),
  ];
}

/**
 * All files in a VM's state folder that cannot be recreated: its disks, and its firmware's variables. A move transfers exactly these. A
 * disk names its image by its path, in the folder `images` of the node's state folder.
 */
export function diskFiles(layout: NodeLayout, vm: VmLaunch): string[] {
  const variables = vm.firmware === 'uefi' ? [vmFolders(layout, vm.id).firmwareVariables] : [];
  return [...vmDisks(layout, vm).map(({ file }) => file), ...variables];
}

/** See `VmDisk.node`. */
export function volumeNode(volumeId: string): string {
  return `volume-${volumeId}`;
}

/** Names of volumes' files share a prefix, so that files of removed volumes can be recognised. */
export function volumeFile(layout: NodeLayout, vmId: string, volumeId: string): string {
  return `${vmFolders(layout, vmId).state}/volume-${volumeId}.qcow2`;
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
 * The CD-ROMs in their boot order, after the disks. Every CD-ROM has a place in that order, the seed the last: UEFI switches on only
 * those channels of the IDE controller on which it may find a bootable device, and Linux ignores channels that are not switched on.
 * Throws `vm.launch` where there are more CD-ROMs than the machine has places.
 */
export function cdRoms(layout: NodeLayout, vm: VmLaunch): CdRom[] {
  const files = vm.volumes.flatMap(({ id, image }) => (image?.format === 'iso' ? [{ id, file: imageFile(layout, image) }] : []));
  const volumes = files.flatMap(({ id, file }, index) => {
    const place = volumePlaces[index];
    return place === undefined ? [] : [{ name: `cdrom${index}`, file, place, bootIndex: bootPlace(vm, id) }];
  });
  if (volumes.length < files.length) {
    throw new CroftError('vm.launch', `${files.length} volumes are CD-ROMs, and a VM has room for ${volumes.length}`);
  }
  return [
    ...(vm.image.format === 'iso'
      ? [{ name: 'install', file: imageFile(layout, vm.image), place: imagePlace, bootIndex: bootPlace(vm, 'cdrom') }]
      : []),
    ...volumes,
    { name: 'seed', file: vmFolders(layout, vm.id).seed, place: seedPlace, bootIndex: bootPlace(vm, 'seed') },
  ];
}
