/** The failures of qemu-img. Scripts call qemu-img to make and grow disks, by the functions of scripts/disk.sh. */
import type { CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';

/**
 * `disk.full` where that is why the files of a VM could not be written, otherwise `command.failed`; with the program's own words. `node`
 * is the name of the node, where it is known here.
 */
export function diskFailure(what: string, { code, stderr }: CommandResult, node?: string): CroftError {
  const words = stderr.trim() || `exit code ${code}`;
  const on = node === undefined ? {} : { node };
  return /No space left on device|Disk quota exceeded/.test(words)
    ? new CroftError('disk.full', `${what}: ${words}`, { ...on, hint: "Free space on the file system of the node's state folder." })
    : new CroftError('command.failed', `${what}: ${words}`, { ...on, hint: 'Check on the node that what it names is there and whole.' });
}
