/** A disk that boots a kernel through BIOS: a FAT file system with syslinux, made without mounting anything. */
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mebibyte } from '../../model/flavor.ts';
import { runProgram } from '../program.ts';

export interface BootFiles {
  kernel: string;
  initialRoot: string;
  /** The kernel's command line. */
  parameters: string;
}

const sector = 512;
const environment = { SOURCE_DATE_EPOCH: '315532800', MTOOLS_SKIP_CHECK: '1' };
const mtools = { environment, debianPackage: 'mtools' };

/** Writes the disk as a raw image. The same boot files give the same bytes. Works in the folder of `outputFile`. */
export async function writeBootDisk(files: BootFiles, outputFile: string): Promise<void> {
  const configuration = path.join(path.dirname(outputFile), 'syslinux.cfg');
  await writeFile(
    configuration,
    `DEFAULT croft\nPROMPT 0\nLABEL croft\n  LINUX /kernel\n  INITRD /root.img\n  APPEND ${files.parameters}\n`,
  );
  const sizes = await Promise.all([files.kernel, files.initialRoot].map(async (file) => (await stat(file)).size));
  const size = Math.ceil(sizes.reduce((sum, each) => sum + each, 1.5 * mebibyte) / mebibyte) * mebibyte;

  await rm(outputFile, { force: true });
  await writeFile(outputFile, '');
  await truncate(outputFile, size);
  await runProgram(
    'mformat',
    ['-i', outputFile, '-T', String(size / sector), '-h', '64', '-s', '32', '-N', '43524f46', '-v', 'CROFT', '::'],
    mtools,
  );
  for (const [file, name] of [
    [files.kernel, 'kernel'],
    [files.initialRoot, 'root.img'],
    [configuration, 'syslinux.cfg'],
  ] as const) {
    await runProgram('mcopy', ['-i', outputFile, file, `::${name}`], mtools);
  }
  await runProgram('syslinux', ['--install', outputFile], { environment });
}
