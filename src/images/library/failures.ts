/** Why an image cannot be taken into the library: it is unusable, or the disk is full. */
import { CroftError } from '../../model/error.ts';

/** `image.unusable`: `name` cannot be an image, with the reason. */
export function unusable(name: string, reason: string, hint?: string, cause?: unknown): CroftError {
  return new CroftError('image.unusable', `${name} cannot be an image: ${reason}`, { ...(hint === undefined ? {} : { hint }), cause });
}

/** `disk.full` where a write into a folder failed for that reason, otherwise the thrown error. */
export function asFullDisk(thrown: unknown, folder: string): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown) || (thrown.code !== 'ENOSPC' && thrown.code !== 'EDQUOT')) return thrown;
  return fullDisk(`The image does not fit into ${folder}: the disk is full`, thrown);
}

export function fullDisk(message: string, cause?: unknown): CroftError {
  return new CroftError('disk.full', message, { hint: 'Make room there, or remove images with: croft image rm NAME', cause });
}
