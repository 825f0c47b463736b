/** Joins the chunks of a network stream to larger pieces and reads one piece ahead, so that neither side waits for the other. */
import { releaseBuffer } from './release-buffer.ts';

/** Each piece is one turn of an unpacking thread, so small pieces cost more than their work. */
const pieceSize = 512 * 1024;

/**
 * Each piece is valid until the next one is requested, and the source's chunks belong to this function from then on. Where the reader
 * ends early `stop` is aborted, since the source may be waiting for a slow network. Rejects as the source does.
 */
export async function* readAhead(source: AsyncGenerator<Buffer>, stop: AbortController): AsyncGenerator<Buffer> {
  let ahead = collect(source);
  try {
    for (;;) {
      const piece = await ahead;
      if (piece === null) return;
      ahead = collect(source);
      // The failure is handled at the piece's turn.
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
