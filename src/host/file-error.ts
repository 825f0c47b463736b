/** Why a file could not be written on a node: a full disk has an error of its own, with the space that is left. */
import { CroftError } from '../model/error.ts';
import type { CommandResult } from './host.ts';

/**
 * The result is that of a script with `full`, on the node of that name where it is known; programs print English messages here, see the
 * shell's environment.
 */
export function fileError(path: string, { code, stdout, stderr }: CommandResult, node?: string): CroftError {
  const where = node === undefined ? path : `${path} on ${node}`;
  const named = node === undefined ? {} : { node };
  const said = stderr.trim();
  if (!/No space left on device|Disk quota exceeded/.test(said)) {
    return new CroftError('command.failed', `The file ${where} cannot be written: ${said || `exit code ${code}`}`, named);
  }
  const free = /^\d+$/.test(stdout) ? ` (${stdout} KiB are free there)` : '';
  return new CroftError('disk.full', `The disk is full: ${where} cannot be written${free}: ${said}`, {
    ...named,
    hint: 'Free space on that file system of the node, or give the node a state folder on a larger one.',
  });
}
