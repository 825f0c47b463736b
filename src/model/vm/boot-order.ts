/** What a VM boots from, in which order: its form in a slice file, and the devices that it means. */
import { z } from 'zod';

/**
 * `disk`: the first disk. `cdrom`: the ISO image that the VM is installed from. `nic`: the first NIC. Otherwise a volume, or a NIC such
 * as `eth1`.
 */
export const bootOrderSchema = z
  .array(z.string().max(63))
  .min(1, 'name at least one device, or leave bootOrder out')
  .max(18)
  .meta({
    description:
      'What it boots from, first to last: `disk`, `cdrom` (the ISO image it is installed from), `nic` (its first NIC, by network boot), a NIC such as eth1, or the name of a volume. By default its disk, then its CD-ROMs',
    example: ['nic', 'disk'],
  });

/** The devices that a boot order refers to. */
export interface Bootable {
  bootOrder: readonly string[] | null;
  image: { format: string };
  volumes: readonly { id: string; name: string; image: { format: string } | null }[];
  ports: readonly { nicId: string }[];
}

/**
 * The devices that a VM has and boots from, first to last: `disk`, `cdrom`, `seed`, the identifier of a volume or of a NIC. CD-ROMs that
 * are not named come last: UEFI switches off those without a place, and then the guest would not find its seed.
 */
export function bootDevices(vm: Bootable): string[] {
  const isoVolumes = vm.volumes.filter(({ image }) => image?.format === 'iso').map(({ id }) => id);
  const cdRoms = [...(vm.image.format === 'iso' ? ['cdrom'] : []), ...isoVolumes, 'seed'];
  const named = (vm.bootOrder ?? ['disk']).flatMap((name) => {
    if (name === 'disk' || name === 'cdrom') return [name];
    const port = vm.ports[name === 'nic' ? 0 : Number(/^eth([0-7])$/.exec(name)?.[1] ?? Number.NaN)];
    return port === undefined ? vm.volumes.filter((volume) => volume.name === name).map(({ id }) => id) : [port.nicId];
  });
  return [...new Set([...named, ...cdRoms])];
}

/** From 1; null for a device that is not in the boot order. */
export function bootPlace(vm: Bootable, device: string): number | null {
  const index = bootDevices(vm).indexOf(device);
  return index < 0 ? null : index + 1;
}
