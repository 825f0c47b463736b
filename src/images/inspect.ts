/** What an image file is, and whether it is safe and fit to be the disk of guests. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { CroftError } from '../model/error.ts';
import type { ImageFormat } from '../model/image.ts';
import { runProgram } from './program.ts';

export interface ImageFacts {
  format: ImageFormat;
  /** Size of the disk that a guest sees, in bytes. */
  virtualSize: number;
}

const sector = 512;
const largestDisk = 16 * 1024 ** 4;
const informationSchema = z.object({ format: z.enum(['qcow2', 'raw']), 'virtual-size': z.int() });

/** What is not a disk as QEMU wants it, by the bytes at an offset. */
const foreign: readonly { name: string; offset: number; magic: string; hint: string }[] = [
  ...['\x1f\x8b', 'BZh', '\xfd7zXZ', '\x28\xb5\x2f\xfd', 'PK\x03\x04'].map((magic) => ({
    name: 'compressed or an archive',
    offset: 0,
    magic,
    hint: 'Unpack it first.',
  })),
  ...[
    { name: 'a VMDK', offset: 0, magic: 'KDMV' },
    { name: 'a VMDK', offset: 0, magic: 'COWD' },
    { name: 'a VMDK', offset: 0, magic: '# Disk DescriptorFile' },
    { name: 'a VHDX', offset: 0, magic: 'vhdxfile' },
    { name: 'a VHD', offset: 0, magic: 'conectix' },
    { name: 'a QED', offset: 0, magic: 'QED\0' },
    { name: 'a VDI', offset: 64, magic: '\x7f\x10\xda\xbe' },
    { name: 'a LUKS', offset: 0, magic: 'LUKS\xba\xbe' },
  ].map((image) => ({ ...image, hint: 'Convert it with: qemu-img convert -O qcow2 FROM TO' })),
];

/**
 * Reads what an image is. `name` is what messages call it. Rejects with `image.unusable` where guests must not or cannot have it as their disk.
 * A qcow2 may name further files of the machine that opens it, as its backing or its data. Such a file is refused by
 * its header, before any program that would follow those names has opened it.
 */
export async function inspectImage(file: string, name = file): Promise<ImageFacts> {
  const { size, head } = await readHead(file, name);
  const format = recognise(name, size, head);
  const output = await runProgram('qemu-img', ['info', '--output=json', '-f', format, file], { debianPackage: 'qemu-utils' }).catch(
    (thrown) => {
      if (thrown instanceof CroftError && thrown.code === 'command.failed') throw unusable(name, thrown.message, undefined, thrown);
      throw thrown;
    },
  );
  const { 'virtual-size': virtualSize } = informationSchema.parse(JSON.parse(output.toString()));
  if (virtualSize < sector || virtualSize > largestDisk) {
    throw unusable(name, `its disk would have ${virtualSize} bytes; from ${sector} bytes to ${largestDisk / 1024 ** 4} TiB are possible`);
  }
  return { format, virtualSize };
}

async function readHead(file: string, name: string): Promise<{ size: number; head: Buffer }> {
  await using handle = await open(file, 'r');
  const information = await handle.stat();
  if (!information.isFile()) throw unusable(name, 'it is not a regular file');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sector), 0, sector, 0);
  return { size: information.size, head: buffer.subarray(0, bytesRead) };
}

function recognise(name: string, size: number, head: Buffer): ImageFormat {
  if (size === 0) throw unusable(name, 'it is empty');
  if (startsWith(head, 0, 'QFI\xfb')) {
    checkQcow2(name, size, head);
    return 'qcow2';
  }
  const other = foreign.find(({ offset, magic }) => startsWith(head, offset, magic));
  if (other !== undefined) throw unusable(name, `it is ${other.name}`, other.hint);
  if (size % sector !== 0) {
    throw unusable(
      name,
      `it is not qcow2, and for a raw disk its ${size} bytes are no multiple of ${sector}`,
      'See whether it is a disk image, and whole.',
    );
  }
  return 'raw';
}

/**
 * Offsets and bits: QEMU's docs/interop/qcow2.txt. The table of a disk's clusters must lie within the file: qemu-img reads
 * the size of one cut short before it as if it were whole.
 */
function checkQcow2(name: string, size: number, head: Buffer): void {
  const corruptBit = 2n;
  const externalDataBit = 4n;
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

function startsWith(head: Buffer, offset: number, magic: string): boolean {
  return head.subarray(offset, offset + magic.length).equals(Buffer.from(magic, 'latin1'));
}

function unusable(name: string, reason: string, hint?: string, cause?: unknown): CroftError {
  return new CroftError('image.unusable', `${name} cannot be an image: ${reason}`, { ...(hint === undefined ? {} : { hint }), cause });
}
