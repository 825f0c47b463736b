/** Gives memory back before the garbage collector would, which lets large pieces heap up and takes longer than the work on them. */

/** More than what pieces that are allocated together share. */
const alone = 64 * 1024;

/** Takes the last piece of its memory; what others may use too is left to the collector. */
export function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  const isWhole = byteLength === buffer.byteLength;
  const isLast = buffer.byteLength >= alone && byteOffset + byteLength === buffer.byteLength;
  if (buffer instanceof ArrayBuffer && (isWhole || isLast)) buffer.transfer(0);
}
