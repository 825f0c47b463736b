/** Checks by its header that a qcow2 is complete and names no further file of the machine that opens it. Pure. */

import { unusable } from './failures.ts';
import type { FileHead } from './file-head.ts';

const corruptBit = 2n;
const externalDataBit = 4n;

/**
 * Throws `image.unusable`. Offsets and bits: QEMU's docs/interop/qcow2.txt. The table of a disk's clusters must lie within the file:
 * qemu-img reads a file truncated before it as if it were complete.
 */
export function checkQcow2(name: string, { size, head }: FileHead): void {
  if (head.length < 104 || head.readUInt32BE(4) < 2 || head.readUInt32BE(4) > 3) throw unusable(name, 'its qcow2 header is broken');
  const hint = 'Make it whole with: qemu-img convert -O qcow2 FROM TO';
  if (head.readBigUInt64BE(8) !== 0n) throw unusable(name, 'it is an overlay that needs a backing file', hint);
  const incompatible = head.readUInt32BE(4) === 3 ? head.readBigUInt64BE(72) : 0n;
  if ((incompatible & externalDataBit) !== 0n) throw unusable(name, 'it keeps its data in another file', hint);
  if ((incompatible & corruptBit) !== 0n)
    throw unusable(name, 'it is marked as corrupt', 'Try to repair it with: qemu-img check -r all FILE');
  if (head.readUInt32BE(32) !== 0) throw unusable(name, 'it is encrypted', hint);
  const tableEnd = head.readBigUInt64BE(40) + BigInt(head.readUInt32BE(36)) * 8n;
  if (tableEnd > BigInt(size)) throw unusable(name, `it was cut short: its ${size} bytes end before its table of clusters`);
}
