/** Writes a file from a stream, so that the file has its name only once it is complete. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** `mode` are its permission bits. A former file of that name is replaced at the end, or stays where the stream fails. */
export async function writeWhole(content: Readable, file: string, mode: number): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await pipeline(content, createWriteStream(partial, { mode, flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
