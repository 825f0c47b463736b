/** Keeps the last built image of a kind, so that one is built only where what it is made of has changed. */
import { constants, copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

export interface ImageRequest {
  /** Keeps downloaded packages and the last built image. Made where it is missing. */
  workFolder: string;
  /** Where the disk image is written; replaced in one step. */
  outputFile: string;
  /** Told what is being done, one line each. */
  log(line: string): void;
}

export interface BuildRecipe {
  /** What the kept image is called; a word. */
  kind: string;
  /** Of all that the image is made of, hexadecimal. */
  hash: string;
  /** Makes `disk`, in a folder of its own which is removed afterwards. */
  build(folder: string, disk: string): Promise<void>;
}

/** Resolves with whether it was built, and not taken from the work folder. */
export async function buildOnce({ workFolder, outputFile, log }: ImageRequest, { kind, hash, build }: BuildRecipe): Promise<boolean> {
  await mkdir(workFolder, { recursive: true });
  const kept = path.join(workFolder, `${kind}-${hash}.disk`);
  const built = !(await replaceFile(kept, outputFile));
  if (built) {
    const folder = await mkdtemp(path.join(workFolder, 'build-'));
    try {
      const disk = path.join(folder, 'disk');
      await build(folder, disk);
      // Before others can take it away, who build the same at the same time.
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

/** Removes what builds left that a crash ended. No build may be under way. */
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
