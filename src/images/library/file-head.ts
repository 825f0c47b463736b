/** The beginning of a file, from which it is told what the file is. */
export const sector = 512;
/** How much of a file `recognise` wants to see: an ISO's volume descriptor begins at 32 KiB. */
export const headSize = 64 * 1024;

/** At most `headSize` bytes of the file, and the size of the whole in bytes. */
export interface FileHead {
  size: number;
  head: Buffer;
}
