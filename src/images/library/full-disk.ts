/** How a full disk of the controller is told. */
import { CroftError } from '../../model/error.ts';

/** `disk.full` where that is why something could not be written into a folder, else what was thrown. */
export function asFullDisk(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || (thrown.code !== 'ENOSPC' && thrown.code !== 'EDQUOT')) return thrown;
  return fullDisk(`The image does not fit into ${folder}: the disk is full`, thrown);
}

export function fullDisk(message: string, cause?: unknown): CroftError {
  return new CroftError('disk.full', message, { hint: 'Make room there, or remove images with: croft image rm NAME', cause });
}
