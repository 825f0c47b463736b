/** The bytes of an image on the controller's own machine. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { asSourceFailure, SourceFailure } from './failure.ts';
import type { PartialFile } from './partial.ts';

export interface LocalRead {
  url: URL;
  partial: PartialFile;
  signal: AbortSignal;
  announced(total: number): Promise<void>;
  received(length: number, total: number | null): void;
}

/** As `download` does over a network. Rejects with SourceFailure where it is no regular file or cannot be read. */
export async function* readLocal({ url, partial, signal, announced, received }: LocalRead): AsyncGenerator<Buffer> {
  await using file = await openRegular(url);
  const { size, blocks } = await file.stat();
  // Its holes take no room here either.
  await announced(Math.min(size, blocks * 512));
  // A stream made with an aborted signal fails before it has a listener, which ends the process.
  signal.throwIfAborted();
  for await (const chunk of file.createReadStream({ highWaterMark: 1024 ** 2, autoClose: false, signal }) as AsyncIterable<Buffer>) {
    await partial.append(chunk);
    received(partial.length, size);
    yield chunk;
  }
  if (partial.length < size) throw new SourceFailure('it became shorter while it was read');
}

/** The whole text of a file of at most `most` bytes. Rejects with SourceFailure, also where the file is larger. */
export async function readLocalText(url: URL, most: number): Promise<string> {
  await using file = await openRegular(url);
  const { size } = await file.stat();
  if (size > most) throw new SourceFailure(`it has more than ${most} bytes`);
  return await file.readFile('utf8');
}

async function openRegular(url: URL): Promise<FileHandle> {
  // Opening a pipe would wait for its other end.
  const handle = await open(pathOf(url), constants.O_RDONLY | constants.O_NONBLOCK).catch((thrown) => {
    throw asSourceFailure(thrown);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new SourceFailure('it is not a regular file');
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (thrown) {
    throw asSourceFailure(thrown);
  }
}
