/** Builds the `debian` image: a guest with systemd and the real cloud-init, of the release of this Debian or Ubuntu. */
import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { mebibyte } from '../../model/vm/flavor.ts';
import { runProgram } from '../program.ts';
import { writeBootArea } from './boot-disk.ts';
import { buildOnce, type ImageRequest } from './built-image.ts';
import { masterBootRecord } from './debian/partitions.ts';
import { guestPackages, installSystem, optionalPackages, systemFiles } from './debian/system.ts';
import { checkArchitecture, findKernelVersion, type GuestPackage, kernelPackage, knownPackages, resolveClosure } from './micro/packages.ts';

export interface DebianImage {
  kernelVersion: string;
  /** False where packages and sources equal those of the image in the work folder. */
  built: boolean;
}

const kernelParameters = 'root=LABEL=root ro console=tty0 console=ttyS0 quiet';
/** Room for a second kernel while one is replaced. */
const bootArea = { offset: mebibyte, size: 95 * mebibyte };
const rootOffset = bootArea.offset + bootArea.size;
const diskNumber = 0x43524f46;
const bootCode = '/usr/lib/syslinux/mbr/mbr.bin';

/**
 * Builds the image as a qcow2 disk of some 150 MB that BIOS and UEFI boot and whose root file system grows to its disk; or copies the
 * last image where its input has not changed. Needs mmdebstrap, which needs root or subordinate users, in addition to the requirements of
 * the micro image. Takes a minute or two. Rejects with `node.unfit` and the packages to install.
 */
export async function buildDebianImage(request: ImageRequest): Promise<DebianImage> {
  request.log('resolving packages');
  await checkArchitecture();
  const packages = [await kernelPackage(), ...guestPackages, ...(await knownPackages(optionalPackages))];
  const closure = await resolveClosure(packages);
  const downloads = path.join(request.workFolder, 'downloads');
  const built = await buildOnce(request, {
    kind: 'debian',
    hash: await recipeHash(closure),
    build: (folder, disk) => build({ packages, downloads, folder, disk, log: request.log }),
  });
  return { kernelVersion: findKernelVersion(closure), built };
}

interface BuildStep {
  packages: readonly string[];
  downloads: string;
  folder: string;
  disk: string;
  log(line: string): void;
}

async function build({ packages, downloads, folder, disk, log }: BuildStep): Promise<void> {
  log(`installing ${packages.length} packages and what they need`);
  await installSystem({ packages, downloads, folder, offset: rootOffset });
  log('writing the disk');
  const raw = path.join(folder, 'disk.raw');
  const boot = { kernel: path.join(folder, 'kernel'), initialRoot: path.join(folder, 'root.img') };
  await writeBootArea({ ...boot, efiLoader: path.join(folder, 'loader.efi'), parameters: kernelParameters }, { disk: raw, ...bootArea });
  await writePartitions(raw);
  await runProgram('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', '-o', 'compression_type=zstd', raw, disk], {
    debianPackage: 'qemu-utils',
  });
}

async function writePartitions(disk: string): Promise<void> {
  const { size } = await stat(disk);
  const record = masterBootRecord(await readFile(bootCode), diskNumber, [
    { type: 0xef, active: true, ...bootArea },
    { type: 0x83, active: false, offset: rootOffset, size: size - rootOffset },
  ]);
  await using handle = await open(disk, 'r+');
  await handle.write(record, 0, record.length, 0);
}

/** Of all that the image is made of: packages, guest files, and the code that puts them together. */
async function recipeHash(packages: readonly GuestPackage[]): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(packages));
  const code = ['debian.ts', 'boot-disk.ts', 'debian/partitions.ts', 'debian/system.ts'];
  const files = [...code.map((name) => path.join(import.meta.dirname, name)), ...(await filesBelow(systemFiles))];
  for (const file of files) digest.update(`\0${path.relative(import.meta.dirname, file)}\0`).update(await readFile(file));
  return digest.digest('hex').slice(0, 16);
}

async function filesBelow(roots: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    roots.map(async (root) => {
      if ((await stat(root)).isFile()) return [root];
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    }),
  );
  return found.flat().sort();
}
