/** How an image that cannot be used is told. */
import { CroftError } from '../../model/error.ts';

/** `image.unusable`: `name` cannot be an image, and why. */
export function unusable(name: string, reason: string, hint?: string, cause?: unknown): CroftError {
  return new CroftError('image.unusable', `${name} cannot be an image: ${reason}`, { ...(hint === undefined ? {} : { hint }), cause });
}
