/** Unpacks gzip members and zstd frames, of which a file may have several after each other. */
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { CorruptStream } from './corrupt-stream.ts';

/** Each piece is one turn of a thread, so small pieces cost more than their work. */
const pieceSize = 512 * 1024;

const engines = {
  gz: () => createGunzip({ chunkSize: pieceSize }),
  // What `zstd -d` takes as well: frames that need more memory than 128 MiB are refused.
  zstd: () => createZstdDecompress({ chunkSize: pieceSize, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
};
type Engine = ReturnType<(typeof engines)[keyof typeof engines]>;

/**
 * Node.js ends a stream at the end of a frame where more follows in the same chunk, and says nothing of it. So what it left
 * is given to another engine, until nothing is left.
 */
export async function* unpackFrames(packed: AsyncGenerator<Buffer>, kind: keyof typeof engines): AsyncGenerator<Buffer> {
  try {
    let rest = await nextChunk(packed);
    if (rest === null) throw new CorruptStream('it is empty');
    while (rest !== null) {
      const feeder = new Feeder(engines[kind](), packed, rest);
      yield* unpackFrame(feeder);
      const left = feeder.left();
      rest = left.length > 0 ? left : await nextChunk(packed);
    }
  } finally {
    await packed.return(undefined);
  }
}

async function* unpackFrame(feeder: Feeder): AsyncGenerator<Buffer> {
  const feeding = feeder.run();
  try {
    for await (const piece of feeder.engine as AsyncIterable<Buffer<ArrayBuffer>>) {
      yield piece;
      release(piece);
    }
  } catch (thrown) {
    throw feeder.failure?.thrown ?? new CorruptStream(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  } finally {
    feeder.engine.destroy();
    await feeding;
  }
}

/** Gives an engine one chunk at a time, so that what it leaves is a part of the last one. */
class Feeder {
  readonly engine: Engine;
  readonly #packed: AsyncGenerator<Buffer>;
  #chunk: Buffer<ArrayBuffer>;
  #fed = 0;
  #ended = false;
  /** What reading the packed stream failed with. */
  failure: { thrown: unknown } | null = null;

  constructor(engine: Engine, packed: AsyncGenerator<Buffer>, first: Buffer<ArrayBuffer>) {
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
      release(this.#chunk);
      this.#chunk = next;
    }
  }

  /** What came after the end of the frame. */
  left(): Buffer<ArrayBuffer> {
    return this.#chunk.subarray(this.#chunk.length - (this.#fed - this.engine.bytesWritten));
  }
}

/** Joins what a network brings to pieces that are worth a turn of a thread. Null at the end; a reader may come and go, which `for await` would not let it. */
async function nextChunk(packed: AsyncGenerator<Buffer>): Promise<Buffer<ArrayBuffer> | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  while (length < pieceSize) {
    const { value, done } = await packed.next();
    if (done === true) break;
    pieces.push(value);
    length += value.length;
  }
  return length === 0 ? null : Buffer.concat(pieces, length);
}

/**
 * Gives memory back when its last piece has been read. Left to the garbage collector it heaps up, and collecting it takes
 * longer than unpacking. What is smaller may be a part of memory that others use too.
 */
function release({ buffer, byteOffset, length }: Buffer<ArrayBuffer>): void {
  if (buffer.byteLength >= pieceSize && byteOffset + length === buffer.byteLength) buffer.transfer(0);
}
