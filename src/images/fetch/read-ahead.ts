/** Joins what a network brings to larger pieces, one of them ahead of whoever reads, so that neither waits for the other. */
import { releaseBuffer } from './release-buffer.ts';

/** Each piece is one turn of a thread that unpacks, so small pieces cost more than their work. */
const pieceSize = 512 * 1024;

/**
 * Each piece lasts until the next one is asked for, and those of the source belong to this from then on. Where the reader
 * ends early `stop` is aborted, for the source may be waiting for what takes long to come. Rejects as the source does.
 */
export async function* readAhead(source: AsyncGenerator<Buffer>, stop: AbortController): AsyncGenerator<Buffer> {
  let ahead = collect(source);
  try {
    for (;;) {
      const piece = await ahead;
      if (piece === null) return;
      ahead = collect(source);
      // Heard when it is its turn.
      ahead.catch(() => undefined);
      yield piece;
      releaseBuffer(piece);
    }
  } finally {
    stop.abort();
    await ahead.catch(() => undefined);
    await source.return(undefined);
  }
}

/** Null at the end. */
async function collect(source: AsyncGenerator<Buffer>): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < pieceSize) {
    const { value, done } = await source.next();
    if (done === true) break;
    pieces.push(value);
    length += value.length;
  }
  if (length === 0) return null;
  const joined = Buffer.concat(pieces, length);
  pieces.forEach(releaseBuffer);
  return joined;
}
