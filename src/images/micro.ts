/** Builds the `micro` image: a guest of some 20 MB out of the packages of this Debian or Ubuntu, for demos, tests and labs. */
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CroftError } from '../model/error.ts';
import { writeArchive } from './micro/cpio.ts';
import { writeBootDisk } from './micro/disk.ts';
import { type GuestPackage, resolvePackages, unpackPackages } from './micro/packages.ts';
import { collectRoot, guestFiles } from './micro/root.ts';

export interface MicroImageRequest {
  /** Keeps downloaded packages and the last built image; about 60 MB. Made where it is missing. */
  workFolder: string;
  /** Where the raw disk image is written; replaced in one step. */
  outputFile: string;
  /** Told what is being done, one line each. */
  log(line: string): void;
}

export interface MicroImage {
  kernelVersion: string;
  /** False where packages and sources were those of the image that the work folder had. */
  built: boolean;
}

const kernelParameters = 'console=ttyS0 quiet panic=-1 mitigations=off';

/**
 * Builds the image, or copies the last one where nothing that it is made of has changed. Needs no root, but apt, dpkg,
 * syslinux, mtools and a package mirror that apt is set up for. Rejects with `node.unfit` and what to install.
 */
export async function buildMicroImage({ workFolder, outputFile, log }: MicroImageRequest): Promise<MicroImage> {
  await mkdir(workFolder, { recursive: true });
  log('resolving packages');
  const packages = await resolvePackages();
  const kernelVersion = findKernelVersion(packages);
  const cached = path.join(workFolder, `micro-${await recipeHash(packages)}.raw`);
  const built = !(await exists(cached));
  if (built) await build({ packages, kernelVersion, workFolder, cached, log });
  await replaceFile(cached, outputFile);
  log(`${built ? 'built' : 'nothing changed, took the last image'}: ${outputFile}`);
  return { kernelVersion, built };
}

interface BuildStep {
  packages: readonly GuestPackage[];
  kernelVersion: string;
  workFolder: string;
  cached: string;
  log(line: string): void;
}

async function build({ packages, kernelVersion, workFolder, cached, log }: BuildStep): Promise<void> {
  const folder = await mkdtemp(path.join(workFolder, 'build-'));
  try {
    const unpacked = path.join(folder, 'packages');
    log(`downloading and unpacking ${packages.length} packages, kernel ${kernelVersion}`);
    await unpackPackages(packages, path.join(workFolder, 'downloads'), unpacked);
    log('writing the root file system');
    const initialRoot = path.join(folder, 'root.img');
    await writeFile(initialRoot, gzipSync(writeArchive(await collectRoot(unpacked, kernelVersion))));
    log('writing the disk');
    const disk = path.join(folder, 'disk.raw');
    await writeBootDisk(
      { kernel: path.join(unpacked, 'boot', `vmlinuz-${kernelVersion}`), initialRoot, parameters: kernelParameters },
      disk,
    );
    await removeCachedImages(workFolder);
    await rename(disk, cached);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function findKernelVersion(packages: readonly GuestPackage[]): string {
  const version = packages.map(({ name }) => /^linux-image-(\d.*)$/.exec(name)?.[1]).find((each) => each !== undefined);
  if (version === undefined)
    throw new CroftError('node.unfit', 'The kernel meta package of this distribution depends on no kernel package');
  return version;
}

/** Of all that the image is made of: packages, guest files, and the code that puts them together. */
async function recipeHash(packages: readonly GuestPackage[]): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(packages));
  for (const file of await guestFiles()) digest.update(`\0${file.path}\0`).update(file.content);
  const sources = (await readdir(path.join(import.meta.dirname, 'micro'))).filter((name) => name.endsWith('.ts')).sort();
  for (const name of sources) digest.update(await readFile(path.join(import.meta.dirname, 'micro', name)));
  return digest
    .update(await readFile(import.meta.filename))
    .digest('hex')
    .slice(0, 16);
}

async function removeCachedImages(workFolder: string): Promise<void> {
  const names = (await readdir(workFolder)).filter((name) => /^micro-[0-9a-f]{16}\.raw$/.test(name));
  await Promise.all(names.map((name) => rm(path.join(workFolder, name))));
}

async function replaceFile(source: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  await copyFile(source, partial);
  await rename(partial, target);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
