/** Recognises a file's format from its first bytes, before any program opens the file. Pure. */
import type { SourceFormat } from '../../model/image/definition.ts';
import { unusable } from './failures.ts';
import { type FileHead, sector } from './file-head.ts';
import { checkQcow2 } from './qcow2-header.ts';
import { checkVmdk } from './vmdk-header.ts';

/** Formats that are neither a usable disk nor a CD-ROM. */
const foreign: readonly { name: string; offset: number; magic: string; hint: string }[] = [
  ...['\x1f\x8b', 'BZh', '\xfd7zXZ', '\x28\xb5\x2f\xfd', 'PK\x03\x04'].map((magic) => ({
    name: 'compressed or an archive',
    offset: 0,
    magic,
    hint: 'Unpack it first, or say in the image map how it is compressed.',
  })),
  ...[
    { name: 'a tar archive, such as an OVA', offset: 257, magic: 'ustar' },
    { name: 'a 7z archive', offset: 0, magic: '7z\xbc\xaf\x27\x1c' },
    { name: 'an ar archive, such as a Debian package', offset: 0, magic: '!<arch>\n' },
    { name: 'a cpio archive, such as an initramfs', offset: 0, magic: '070701' },
  ].map((archive) => ({ ...archive, hint: 'Take the disk image out of it, and give that.' })),
  { name: 'a program', offset: 0, magic: '\x7fELF', hint: 'See whether it is a disk image.' },
  ...[
    { name: 'a VMDK of an old kind', offset: 0, magic: 'COWD' },
    { name: 'a VMDK that only describes other files', offset: 0, magic: '# Disk DescriptorFile' },
    { name: 'a VHD', offset: 0, magic: 'conectix' },
    { name: 'a QED', offset: 0, magic: 'QED\0' },
    { name: 'a VDI', offset: 64, magic: '\x7f\x10\xda\xbe' },
    { name: 'a LUKS', offset: 0, magic: 'LUKS\xba\xbe' },
  ].map((image) => ({ ...image, hint: 'Convert it with: qemu-img convert -O qcow2 FROM TO' })),
];

/**
 * The format of a file. Throws `image.unusable`, with `name` as the file's name, where the format is unusable or would have the program
 * that opens the file open further files of this machine.
 */
export function recognise(name: string, file: FileHead): SourceFormat {
  const { size, head } = file;
  if (size === 0) throw unusable(name, 'it is empty');
  if (startsWith(head, 0, 'QFI\xfb')) {
    checkQcow2(name, file);
    return 'qcow2';
  }
  if (startsWith(head, 0, 'KDMV')) {
    checkVmdk(name, file);
    return 'vmdk';
  }
  if (startsWith(head, 0, 'vhdxfile')) return 'vhdx';
  const other = foreign.find(({ offset, magic }) => startsWith(head, offset, magic));
  if (other !== undefined) throw unusable(name, `it is ${other.name}`, other.hint);
  if (startsWith(head, 32_769, 'CD001')) {
    checkIso(name, file);
    return 'iso';
  }
  checkRaw(name, file);
  return 'raw';
}

/** ECMA-119, 8.4.8: the number of blocks of 2048 bytes that the volume has. */
function checkIso(name: string, { size, head }: FileHead): void {
  const promised = head.length < 32_852 ? 34_816 : head.readUInt32LE(32_848) * 2048;
  if (promised > size) throw unusable(name, `it was cut short: it is an ISO of ${promised} bytes and has ${size}`);
}

function checkRaw(name: string, { size, head }: FileHead): void {
  const beginning = head.toString('latin1', 0, sector);
  if (isHtml(head)) throw unusable(name, 'it is not an image: it is an HTML page', 'See in a browser what the server says there.');
  if (size % sector !== 0) {
    throw unusable(
      name,
      `it is not an image: it has no header of one, and for a raw disk its ${size} bytes are no multiple of ${sector}`,
      'See whether it is a disk image, and whole.',
    );
  }
  if (/^[\t\n\r\x20-\x7e]+$/.test(beginning)) {
    throw unusable(name, `it is not an image: it is text that begins with ${JSON.stringify(beginning.trim().slice(0, 60))}`);
  }
}

/** The pages that servers send with status 200 instead of a missing file. */
export function isHtml(head: Buffer): boolean {
  return /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|!--)/i.test(head.toString('latin1', 0, sector));
}

function startsWith(head: Buffer, offset: number, magic: string): boolean {
  return head.subarray(offset, offset + magic.length).equals(Buffer.from(magic, 'latin1'));
}
