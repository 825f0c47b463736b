/** The beginning of a file, by which its format is recognised. */
export const sector = 512;
/** The number of bytes that `recognise` needs: an ISO's volume descriptor begins at 32 KiB. */
export const headSize = 64 * 1024;

/** At most `headSize` bytes of the file, and the size of the whole in bytes. */
export interface FileHead {
  size: number;
  head: Buffer;
}
