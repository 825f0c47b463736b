/** Builds the `micro` image: a guest of some 20 MB out of the packages of this Debian or Ubuntu, for demos, tests and labs. */
import { createHash } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bootAreaSize, writeBootArea } from './boot-disk.ts';
import { buildOnce, type ImageRequest } from './built-image.ts';
import { writeArchive } from './micro/cpio.ts';
import { findKernelVersion, type GuestPackage, resolvePackages, unpackPackages } from './micro/packages.ts';
import { collectRoot, findEfiLoader, guestFiles } from './micro/root.ts';

export interface MicroImage {
  kernelVersion: string;
  /** False where packages and sources equal those of the image in the work folder. */
  built: boolean;
}

const kernelParameters = 'console=ttyS0 quiet panic=-1 mitigations=off';

/**
 * Builds the image as a raw disk, or copies the last image where its input has not changed. Needs no root, but apt, dpkg, syslinux,
 * mtools and a package mirror that apt is set up for. Rejects with `node.unfit` and the packages to install.
 */
export async function buildMicroImage(request: ImageRequest): Promise<MicroImage> {
  request.log('resolving packages');
  const packages = await resolvePackages();
  const kernelVersion = findKernelVersion(packages);
  const downloads = path.join(request.workFolder, 'downloads');
  const built = await buildOnce(request, {
    kind: 'micro',
    hash: await recipeHash(packages),
    build: (folder, disk) => build({ packages, kernelVersion, downloads, folder, disk, log: request.log }),
  });
  return { kernelVersion, built };
}

interface BuildStep {
  packages: readonly GuestPackage[];
  kernelVersion: string;
  downloads: string;
  folder: string;
  disk: string;
  log(line: string): void;
}

async function build({ packages, kernelVersion, downloads, folder, disk, log }: BuildStep): Promise<void> {
  const unpacked = path.join(folder, 'packages');
  log(`downloading and unpacking ${packages.length} packages, kernel ${kernelVersion}`);
  await unpackPackages(packages, downloads, unpacked);
  log('writing the root file system');
  const initialRoot = path.join(folder, 'root.img');
  await writeFile(initialRoot, gzipSync(writeArchive(await collectRoot(unpacked, kernelVersion))));
  log('writing the disk');
  const files = {
    kernel: path.join(unpacked, 'boot', `vmlinuz-${kernelVersion}`),
    initialRoot,
    parameters: kernelParameters,
    efiLoader: await findEfiLoader(unpacked),
  };
  const size = await bootAreaSize(files);
  await writeFile(disk, '');
  await truncate(disk, size);
  await writeBootArea(files, { disk, offset: 0, size });
}

/** The hash of the image's whole input: packages, guest files, and the code that combines them. */
async function recipeHash(packages: readonly GuestPackage[]): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(packages));
  for (const file of await guestFiles()) digest.update(`\0${file.path}\0`).update(file.content);
  const sources = (await readdir(path.join(import.meta.dirname, 'micro'))).filter((name) => name.endsWith('.ts')).sort();
  for (const name of sources) digest.update(await readFile(path.join(import.meta.dirname, 'micro', name)));
  for (const file of [import.meta.filename, path.join(import.meta.dirname, 'boot-disk.ts')]) digest.update(await readFile(file));
  return digest.digest('hex').slice(0, 16);
}
