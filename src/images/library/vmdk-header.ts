/** Checks that a VMDK is one self-contained file, before a program opens it that would follow the names in it. Pure. */

import { unusable } from './failures.ts';
import type { FileHead } from './file-head.ts';

/** Bytes of the descriptor in which QEMU looks for a parent's name, from the second sector on, wherever the header says that it lies. */
const searched = { from: 512, to: 512 + 20 * 512 };

/**
 * Throws `image.unusable` for all kinds except those that consist of one file. A VMDK without capacity is a list of other files with the
 * header of a sparse one; a parent's name makes QEMU open that file. Layout: "Virtual Disk Format 5.0", VMware.
 */
export function checkVmdk(name: string, { head }: FileHead): void {
  const hint = 'Make it one file with: qemu-img convert -O qcow2 FROM TO';
  if (head.length < sectorEnd) throw unusable(name, 'its VMDK header is broken');
  if (head.readBigUInt64LE(12) === 0n) throw unusable(name, 'it is a VMDK that only describes other files', hint);
  const [offset, size] = [head.readBigUInt64LE(28) * 512n, head.readBigUInt64LE(36) * 512n];
  if (offset + size > BigInt(head.length)) throw unusable(name, 'its VMDK descriptor lies beyond its beginning');
  const descriptor = head.toString('latin1', Number(offset), Number(offset + size));
  if (`${descriptor}${head.toString('latin1', searched.from, searched.to)}`.includes('parentFileNameHint')) {
    throw unusable(name, 'it is an overlay that needs a parent file', hint);
  }
  // Line by line: a pattern with leading white space takes quadratic time on a descriptor of empty lines.
  const lines = descriptor.split('\n').map((line) => line.trim());
  const kind = lines.flatMap((line) => /^createType\s*=\s*"([^"]*)"/.exec(line)?.[1] ?? [])[0] ?? 'none';
  if (kind !== 'monolithicSparse' && kind !== 'streamOptimized') {
    throw unusable(name, `it is a VMDK of the kind ${JSON.stringify(kind)}; only monolithicSparse and streamOptimized are one file`, hint);
  }
  const extents = lines.flatMap((line) => {
    const [, type, file] = /^(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)\s+"([^"]*)"/.exec(line) ?? [];
    return type === undefined || file === undefined ? [] : [{ type, file }];
  });
  if (extents.length !== 1 || extents.some(({ type, file }) => type !== 'SPARSE' || file.includes('/'))) {
    throw unusable(name, 'its VMDK descriptor names other files than itself', hint);
  }
}

const sectorEnd = 512;
