/** Keeps the last built image of a kind, so that an image is built only where its input has changed. */
import { constants, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export interface ImageRequest {
  /** Keeps downloaded packages and the last built image. Created where missing. */
  workFolder: string;
  /** The location of the disk image; replaced in one step. */
  outputFile: string;
  /** Receives the current activity, one line each. */
  log(line: string): void;
}

export interface BuildRecipe {
  /** The name of the kept image; a word. */
  kind: string;
  /** The hash of the image's whole input, hexadecimal. */
  hash: string;
  /** Makes `disk`, in a folder of its own which is removed afterwards. */
  build(folder: string, disk: string): Promise<void>;
}

/** Resolves with true where the image was built, and not taken from the work folder. */
export async function buildOnce({ workFolder, outputFile, log }: ImageRequest, { kind, hash, build }: BuildRecipe): Promise<boolean> {
  await mkdir(workFolder, { recursive: true });
  const kept = path.join(workFolder, `${kind}-${hash}.disk`);
  const built = !(await replaceFile(kept, outputFile));
  if (built) {
    const folder = await mkdtemp(path.join(workFolder, 'build-'));
    try {
      const disk = path.join(folder, 'disk');
      await build(folder, disk);
      // Before a concurrent build of the same image can remove it.
      await replaceFile(disk, outputFile);
      await removeKept(workFolder, kind);
      await rename(disk, kept);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  log(`${built ? 'built' : 'nothing changed, took the last image'}: ${outputFile}`);
  return built;
}

/** Removes the remains of builds that a crash ended. No build may be in progress. */
export async function removeLeftovers(workFolder: string): Promise<void> {
  const names = (await readdir(workFolder)).filter((name) => /^(build|output)-\w+$/.test(name));
  await Promise.all(names.map((name) => rm(path.join(workFolder, name), { recursive: true })));
}

async function removeKept(workFolder: string, kind: string): Promise<void> {
  const names = (await readdir(workFolder)).filter((name) => name.startsWith(`${kind}-`) && /-[0-9a-f]+\.(disk|raw)$/.test(name));
  await Promise.all(names.map((name) => rm(path.join(workFolder, name), { force: true })));
}

/** Shares the blocks of the file where the file system can; false where there is no such file. */
async function replaceFile(source: string, target: string): Promise<boolean> {
  await mkdir(path.dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  try {
    await copyFile(source, partial, constants.COPYFILE_FICLONE);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw thrown;
  }
  await rename(partial, target);
  return true;
}
