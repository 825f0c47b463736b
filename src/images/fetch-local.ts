/** The bytes of an image that lies on the controller's own machine. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { asSourceFailure, SourceFailure } from './fetch-failure.ts';
import type { PartialFile } from './fetch-partial.ts';

export interface LocalRead {
  url: URL;
  partial: PartialFile;
  signal: AbortSignal;
  announced(total: number): Promise<void>;
  received(length: number, total: number | null): void;
}

/** As `download` does over a network. Rejects with SourceFailure where it is no regular file or cannot be read. */
export async function* readLocal({ url, partial, signal, announced, received }: LocalRead): AsyncGenerator<Buffer> {
  // Opening a pipe would wait for its other end.
  const handle = await open(pathOf(url), constants.O_RDONLY | constants.O_NONBLOCK).catch((thrown) => {
    throw asSourceFailure(thrown);
  });
  await using file = handle;
  const information = await file.stat();
  if (!information.isFile()) throw new SourceFailure('it is not a regular file');
  await announced(information.size);
  for await (const chunk of file.createReadStream({ highWaterMark: 1024 ** 2, autoClose: false, signal }) as AsyncIterable<Buffer>) {
    await partial.append(chunk);
    received(partial.length, information.size);
    yield chunk;
  }
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (thrown) {
    throw asSourceFailure(thrown);
  }
}
