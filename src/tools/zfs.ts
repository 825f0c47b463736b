/** `zfs`: sizes of volumes, and its failures. Scripts call zfs by the functions of scripts/zfs.sh. */
import type { CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/** ZFS takes sizes in whole blocks, of at most 128 KiB for a volume; a mebibyte is a multiple of all of them. */
export function volumeSize(bytes: number): number {
  const block = 2 ** 20;
  return Math.ceil(bytes / block) * block;
}

/**
 * A failure of zfs, with its words; `disk.full` where the pool has no room, `conflict.in-use` where the volume is still in use. The words
 * are those of illumos-gate, usr/src/lib/libzfs/common/libzfs_util.c.
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
