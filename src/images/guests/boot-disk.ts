/** A FAT file system that boots a kernel through BIOS and through UEFI, made without mounting anything. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mebibyte } from '../../model/vm/flavor.ts';
import { runProgram } from '../program.ts';

export interface BootFiles {
  kernel: string;
  initialRoot: string;
  /** The kernel's command line. */
  parameters: string;
  /** systemd-boot; null makes a file system that only BIOS boots. */
  efiLoader: string | null;
}

/** The location of the file system in a disk image, in bytes. */
export interface BootArea {
  disk: string;
  offset: number;
  size: number;
}

const sector = 512;
const environment = { SOURCE_DATE_EPOCH: '315532800', MTOOLS_SKIP_CHECK: '1' };
const mtools = { environment, debianPackage: 'mtools' };

/** The size that a file system needs to hold the files, in whole MiB. */
export async function bootAreaSize({ kernel, initialRoot, efiLoader }: BootFiles): Promise<number> {
  const files = [kernel, initialRoot, ...(efiLoader === null ? [] : [efiLoader])];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return Math.ceil(sizes.reduce((sum, each) => sum + each, 1.5 * mebibyte) / mebibyte) * mebibyte;
}

/** Creates the file system in a part of the image, which exists already. The same boot files give the same bytes. */
export async function writeBootArea(files: BootFiles, { disk, offset, size }: BootArea): Promise<void> {
  const folder = await mkdtemp(path.join(path.dirname(disk), 'boot-'));
  try {
    const image = offset === 0 ? disk : `${disk}@@${offset}`;
    const geometry = ['-T', String(size / sector), '-h', '64', '-s', '32', '-H', String(offset / sector)];
    await runProgram('mformat', ['-i', image, ...geometry, '-N', '43524f46', '-v', 'CROFT', '::'], mtools);
    const folders = files.efiLoader === null ? [] : ['::EFI', '::EFI/BOOT', '::loader', '::loader/entries'];
    if (folders.length > 0) await runProgram('mmd', ['-i', image, ...folders], mtools);
    for (const [name, source] of await contents(files, folder)) await runProgram('mcopy', ['-i', image, source, `::${name}`], mtools);
    await runProgram('syslinux', ['--install', '--offset', String(offset), disk], { environment });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pairs of name on the disk and file. Both loaders start at once: a guest's console is no place for a menu. */
async function contents({ kernel, initialRoot, parameters, efiLoader }: BootFiles, folder: string): Promise<[string, string][]> {
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const entry = `LABEL croft\n  LINUX /kernel\n  INITRD /root.img\n  APPEND ${parameters}\n`;
  const files: [string, string][] = [
    ['kernel', kernel],
    ['root.img', initialRoot],
    ['syslinux.cfg', await write('syslinux.cfg', `DEFAULT croft\nPROMPT 0\n${entry}`)],
  ];
  if (efiLoader === null) return files;
  return [
    ...files,
    ['EFI/BOOT/BOOTX64.EFI', efiLoader],
    ['loader/loader.conf', await write('loader.conf', 'default croft.conf\ntimeout 0\n')],
    ['loader/entries/croft.conf', await write('croft.conf', `title Croft\nlinux /kernel\ninitrd /root.img\noptions ${parameters}\n`)],
  ];
}
