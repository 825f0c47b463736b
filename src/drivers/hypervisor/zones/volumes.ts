/** The ZFS volumes of a VM, and the base of each. Pure. */
import { CroftError } from '../../../model/error.ts';
import type { LaunchImage, VmLaunch } from '../../../model/node/plan.ts';
import { volumeSize } from '../../../tools/zfs.ts';

export interface ZoneVolume {
  /** Below the dataset of the VM's present volumes. */
  name: string;
  /** The base image of the clone; null for a disk that begins empty. */
  image: LaunchImage | null;
  /** Bytes, as ZFS takes them; null for the size of the image. */
  size: number | null;
  /** The name by which its guest finds the disk, below /dev/disk/by-id; null for the first disk. */
  serial: string | null;
}

/** The first disk first, then the volumes in their order, without the CD-ROMs. Throws `vm.launch` where a size is missing. */
export function zoneVolumes(vm: VmLaunch): ZoneVolume[] {
  return [
    { name: 'disk', serial: null, ...contentOf('its disk', vm.image, vm.disk) },
    ...vm.volumes
      .filter(({ image }) => image?.format !== 'iso')
      .map(({ id, name, image, size }) => ({ name: `volume-${id}`, serial: name, ...contentOf(`the volume ${name}`, image, size) })),
  ];
}

function contentOf(what: string, image: LaunchImage | null, size: number | null): Pick<ZoneVolume, 'image' | 'size'> {
  const base = image?.format === 'iso' ? null : image;
  if (base === null && size === null) {
    throw new CroftError('vm.launch', `${what} begins empty and has no size`, { hint: 'Give it a size in the slice file.' });
  }
  return { image: base, size: size === null ? null : volumeSize(size) };
}
