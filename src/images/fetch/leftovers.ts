/** Removes downloads that will not be resumed. */
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { notePath, readNote, removePartial } from './partial.ts';

/** ms after which a download that was not resumed is given up. */
const patience = 7 * 24 * 3600 * 1000;

/** The unit of `stat`, in bytes. */
const blockSize = 512;

export interface Leftovers {
  folder: string;
  /** The definition that is fetched now. */
  name: string;
  /** Keys of the downloads in progress. */
  running: ReadonlySet<string>;
  /** The key that the definition has now. */
  key: string;
  /** ms since 1970. */
  now: number;
}

/** Removes partial downloads of former definitions, old partial downloads, and files without a note. */
export async function removeLeftovers({ folder, name, running, key, now }: Leftovers): Promise<void> {
  for (const each of await keysIn(folder)) {
    if (running.has(each) && each !== key) continue;
    await rm(contentFile(folder, each), { force: true });
    const file = partialFile(folder, each);
    const note = await readNote(file);
    if (each === key && note !== null) continue;
    if (note === null || note.name === name || now - (await notedAt(file)) > patience) await removePartial(file);
  }
}

export interface Unwanted {
  folder: string;
  /** Keys of the downloads in progress, which stay. */
  running: ReadonlySet<string>;
  isUnwanted(name: string): boolean;
  /** Only reports. */
  dryRun: boolean;
}

/** Removes the parts of downloads for these names; resolves with the bytes of the disk that they take. */
export async function discardParts({ folder, running, isUnwanted, dryRun }: Unwanted): Promise<number> {
  let bytes = 0;
  for (const key of await keysIn(folder)) {
    const file = partialFile(folder, key);
    if (running.has(key)) continue;
    const note = await readNote(file);
    // Without a note the download cannot be resumed.
    if (note !== null && !isUnwanted(note.name)) continue;
    bytes += ((await stat(file).catch(() => null))?.blocks ?? 0) * blockSize;
    if (!dryRun) await removePartial(file);
  }
  return bytes;
}

/** ms since 1970; the present time where another process has just removed the file. */
async function notedAt(file: string): Promise<number> {
  const information = await stat(notePath(file)).catch(() => null);
  return information?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

async function keysIn(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder).catch(() => []);
  return new Set(entries.flatMap((entry) => /^([0-9a-f]{64})\./.exec(entry)?.[1] ?? []));
}

/** The downloaded content, as published. */
export function partialFile(folder: string, key: string): string {
  return path.join(folder, `${key}.part`);
}

/** The content unpacked from it. */
export function contentFile(folder: string, key: string): string {
  return path.join(folder, `${key}.content`);
}
