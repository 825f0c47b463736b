/** Unpacks gzip members and zstd frames; a file may have several in sequence. */
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { releaseBuffer } from './release-buffer.ts';

/** A packed stream that is broken, truncated or followed by other content; the message has the unpacker's words. */
export class CorruptStream extends Error {
  override readonly name = 'CorruptStream';
}

/** Each piece is one turn of a thread, so small pieces cost more than their work. */
const pieceSize = 512 * 1024;
/** One further piece is unpacked while the last one is read. */
const sizes = { chunkSize: pieceSize, readableHighWaterMark: 2 * pieceSize };

const engines = {
  gz: () => createGunzip(sizes),
  // The limit of `zstd -d`: frames that need more memory than 128 MiB are refused.
  zstd: () => createZstdDecompress({ ...sizes, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
};
type Engine = ReturnType<(typeof engines)[keyof typeof engines]>;

/**
 * Node.js ends a stream at the end of a frame where more follows in the same chunk, without notice. So the remainder is given to another
 * engine, until nothing is left.
 */
export async function* unpackFrames(packed: AsyncGenerator<Buffer>, kind: keyof typeof engines): AsyncGenerator<Buffer> {
  try {
    let rest = await nextChunk(packed);
    if (rest === null) throw new CorruptStream('it is empty');
    while (rest !== null) {
      const feeder = new Feeder(engines[kind](), packed, rest);
      yield* unpackFrame(feeder);
      rest = feeder.left() ?? (await nextChunk(packed));
    }
  } finally {
    await packed.return(undefined);
  }
}

async function* unpackFrame(feeder: Feeder): AsyncGenerator<Buffer> {
  const feeding = feeder.run();
  try {
    for await (const piece of feeder.engine as AsyncIterable<Buffer>) {
      yield piece;
      releaseBuffer(piece);
    }
  } catch (thrown) {
    throw feeder.failure?.thrown ?? new CorruptStream(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  } finally {
    feeder.engine.destroy();
    await feeding;
  }
}

/** Gives an engine one chunk at a time, so that its remainder is a part of the last chunk. */
class Feeder {
  readonly engine: Engine;
  readonly #packed: AsyncGenerator<Buffer>;
  #chunk: Buffer;
  #fed = 0;
  #ended = false;
  /** The failure of reading the packed stream. */
  failure: { thrown: unknown } | null = null;

  constructor(engine: Engine, packed: AsyncGenerator<Buffer>, first: Buffer) {
    this.engine = engine;
    this.#packed = packed;
    this.#chunk = first;
  }

  async run(): Promise<void> {
    let wake: () => void = () => undefined;
    this.engine.once('close', () => {
      this.#ended = true;
      wake();
    });
    while (!this.#ended) {
      this.#fed += this.#chunk.length;
      await new Promise<void>((resolve) => {
        wake = resolve;
        this.engine.write(this.#chunk, () => resolve());
      });
      if (this.#ended || this.engine.bytesWritten < this.#fed) return;
      const next = await nextChunk(this.#packed).catch((thrown: unknown) => {
        this.failure = { thrown };
        this.engine.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        return null;
      });
      if (next === null) {
        this.engine.end();
        return;
      }
      this.#chunk = next;
    }
  }

  /** The bytes after the end of the frame; null where there were none. */
  left(): Buffer | null {
    const length = this.#fed - this.engine.bytesWritten;
    return length > 0 ? this.#chunk.subarray(-length) : null;
  }
}

/** Null at the end; readers may change, which `for await` would not permit. */
async function nextChunk(packed: AsyncGenerator<Buffer>): Promise<Buffer | null> {
  for (;;) {
    const { value, done } = await packed.next();
    if (done === true) return null;
    if (value.length > 0) return value;
  }
}
