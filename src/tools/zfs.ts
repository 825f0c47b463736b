/** `zfs`: volumes, their clones and their snapshots; as shell functions, since several steps travel as one script. */
import type { CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/**
 * Functions for scripts that handle volumes. Sizes are bytes.
 * has DATASET: whether it exists. size_of VOLUME: what a guest sees of it.
 * grow VOLUME SIZE: makes it larger where it is smaller. Source: zfs(8) of illumos, the property volsize.
 */
export const zfsFunctions = `
has() {
  zfs list -H -o name "$1" >/dev/null 2>&1
}
size_of() {
  zfs get -H -p -o value volsize "$1"
}
grow() {
  [ "$(size_of "$1")" -ge "$2" ] || zfs set "volsize=$2" "$1"
}
`;

/** ZFS takes sizes in whole blocks, of at most 128 KiB for a volume; a mebibyte is a multiple of all of them. */
export function volumeSize(bytes: number): number {
  const block = 2 ** 20;
  return Math.ceil(bytes / block) * block;
}

/**
 * What zfs could not do, with its words; `disk.full` where the pool has no room, `conflict.in-use` where something still uses
 * the volume. The words are those of illumos-gate, usr/src/lib/libzfs/common/libzfs_util.c.
 */
export function zfsFailure(what: string, { code, stderr }: CommandResult): CroftError {
  const said = stderr.trim() || `exit code ${code}`;
  if (/out of space|No space left on device|quota exceeded/i.test(said)) {
    return new CroftError('disk.full', `${what}: ${said}`, {
      hint: 'Free space in the pool of the node, or give the node a state folder on another one.',
    });
  }
  if (/dataset is busy|pool or dataset is busy/.test(said)) {
    return new CroftError('conflict.in-use', `${what}: ${said}`, {
      hint: 'See on the node what holds the volume open, such as a copy that was cut.',
    });
  }
  return new CroftError('command.failed', `${what}: ${said}`);
}
