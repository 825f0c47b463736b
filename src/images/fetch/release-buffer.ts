/** Releases the memory of a buffer at once: collecting large buffers later costs more than processing them. */

/** Takes the last piece of its memory; memory that others may share is left to the collector. */
export function releaseBuffer({ buffer, byteOffset, byteLength }: Buffer): void {
  const isWhole = byteLength === buffer.byteLength;
  // Small buffers of the whole process share memory of the pool's size, which differs among releases of Node.js.
  const isLast = buffer.byteLength > Buffer.poolSize && byteOffset + byteLength === buffer.byteLength;
  if (buffer instanceof ArrayBuffer && (isWhole || isLast)) buffer.transfer(0);
}
