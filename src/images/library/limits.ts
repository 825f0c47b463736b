/** The largest size of an image on the controller. */
import { largestDisk } from './inspect.ts';

export interface ImageLimits {
  /** Bytes of a file as stored, zeros included; packed content may grow to this size. */
  content: number;
  /** Bytes of the disk that a guest sees. */
  virtualSize: number;
}

/** A published cloud image has at most a few GiB, an appliance some tens. */
export const usualLimits: ImageLimits = { content: 64 * 1024 ** 3, virtualSize: largestDisk };
