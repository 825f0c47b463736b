/** What a VM boots from, in which order. */

/** What a boot order is about. */
export interface Bootable {
  image: { format: string };
  volumes: readonly { id: string; image: { format: string } | null }[];
}

/**
 * The devices that a VM has and boots from, first to last: `disk`, `cdrom`, `seed`, or the identifier of a volume. CD-ROMs come last:
 * UEFI switches off those without a place, and then the guest would not find its seed.
 */
export function bootDevices(vm: Bootable): string[] {
  const isoVolumes = vm.volumes.filter(({ image }) => image?.format === 'iso').map(({ id }) => id);
  return ['disk', ...(vm.image.format === 'iso' ? ['cdrom'] : []), ...isoVolumes, 'seed'];
}

/** From 1; null for what is not booted from. */
export function bootPlace(vm: Bootable, device: string): number | null {
  const index = bootDevices(vm).indexOf(device);
  return index < 0 ? null : index + 1;
}
