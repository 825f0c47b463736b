/** Writes a file from its beginning to its end, hashed on the way, with holes where it has long runs of zeros. */
import { type FileHandle, open } from 'node:fs/promises';
import { type Algorithm, BlockHash, type Digests } from './block-hash.ts';

export type { Algorithm } from './block-hash.ts';

/** What is written at one time; three such buffers are all the memory that a file takes. */
const blockSize = 1024 ** 2;
/** A run of zeros that begins and ends at multiples of this becomes a hole. */
const holeSize = 64 * 1024;
const zeros = Buffer.alloc(holeSize);

interface Block {
  bytes: Buffer<SharedArrayBuffer>;
  /** Of what it held before it is filled again: written and hashed. */
  done: Promise<unknown>;
}

export class SparseFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #hash: BlockHash;
  #digests: Digests = {};
  /** The first one is filled; the others are being written and hashed, the oldest next to it. */
  readonly #blocks: [Block, ...Block[]];
  /** Where in the file the block begins, and how much of it is filled. Blocks end at multiples of their size. */
  #start = 0;
  #filled = 0;

  private constructor(handle: FileHandle, algorithms: readonly Algorithm[]) {
    this.#handle = handle;
    this.#hash = new BlockHash(algorithms);
    this.#blocks = [createBlock(), createBlock(), createBlock()];
  }

  /** Creates the file, or empties it. `algorithms`: what its content is hashed with. */
  static async create(file: string, algorithms: readonly Algorithm[]): Promise<SparseFile> {
    return new SparseFile(await open(file, 'w+', 0o644), algorithms);
  }

  /** Opens a file to go on after its first `length` bytes; `restored` must be read to its end before anything is written. */
  static async reopen(
    file: string,
    length: number,
    algorithms: readonly Algorithm[],
  ): Promise<{ file: SparseFile; restored: AsyncGenerator<Buffer> }> {
    const handle = await open(file, 'r+');
    await handle.truncate(length);
    const reopened = new SparseFile(handle, algorithms);
    return { file: reopened, restored: reopened.#restore(length) };
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#start + this.#filled;
  }

  /** What is not on its way to the disk when it resolves is at most one block. */
  async write(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      const room = blockSize - ((this.#start + this.#filled) % blockSize);
      const piece = chunk.subarray(offset, offset + room);
      piece.copy(this.#blocks[0].bytes, this.#filled);
      this.#filled += piece.length;
      offset += piece.length;
      if (piece.length === room) await this.#turn();
    }
  }

  /** Lower-case hex, of what was restored or written until the last `flush`. */
  digest(algorithm: Algorithm): string {
    const digest = this.#digests[algorithm];
    if (digest === undefined) throw new TypeError(`not hashed with ${algorithm}`);
    return digest;
  }

  /** Resolves when all that was written is in the file, as other processes see it. */
  async flush(): Promise<void> {
    await this.#turn();
    await Promise.all(this.#blocks.map(({ done }) => done));
    this.#digests = await this.#hash.digests();
  }

  /** Writes what is left, gives the file its length and makes it durable. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#handle.truncate(this.size);
    await this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#blocks.map(({ done }) => done));
    await this.#hash[Symbol.asyncDispose]();
    await this.#handle.close();
  }

  async *#restore(length: number): AsyncGenerator<Buffer> {
    const { bytes } = this.#blocks[0];
    while (this.#start < length) {
      const { bytesRead } = await this.#handle.read(bytes, 0, Math.min(blockSize, length - this.#start), this.#start);
      if (bytesRead === 0) throw new Error('the file became shorter while it was read');
      const piece = bytes.subarray(0, bytesRead);
      await this.#hash.update(piece);
      this.#start += bytesRead;
      yield Buffer.from(piece);
    }
    this.#digests = await this.#hash.digests();
  }

  /** Has the filled block written and hashed, and waits for the oldest one, to fill that. After a failure it fails each time. */
  async #turn(): Promise<void> {
    const [block, ...others] = this.#blocks;
    await block.done;
    const piece = block.bytes.subarray(0, this.#filled);
    block.done = Promise.all([this.#put(piece, this.#start), this.#hash.update(piece)]);
    // Heard when it is its turn again; until then it is no unhandled rejection.
    block.done.catch(() => undefined);
    this.#blocks.splice(0, this.#blocks.length, ...others, block);
    this.#start += this.#filled;
    this.#filled = 0;
    await this.#blocks[0].done;
  }

  async #put(piece: Buffer, start: number): Promise<void> {
    for (const { from, to } of runsOfData(piece, start)) {
      for (let at = from; at < to; ) at += (await this.#handle.write(piece, at, to - at, start + at)).bytesWritten;
    }
  }
}

function createBlock(): Block {
  return { bytes: Buffer.from(new SharedArrayBuffer(blockSize)), done: Promise.resolve() };
}

interface Run {
  from: number;
  to: number;
}

/** The parts of a piece that must be written; `start` is where the piece lies in the file. */
function runsOfData(piece: Buffer, start: number): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < piece.length; ) {
    const to = Math.min(from + holeSize - ((start + from) % holeSize), piece.length);
    const last = runs.at(-1);
    if (!isZero(piece, from, to)) {
      if (last?.to === from) last.to = to;
      else runs.push({ from, to });
    }
    from = to;
  }
  return runs;
}

function isZero(piece: Buffer, from: number, to: number): boolean {
  return piece[from] === 0 && piece.compare(zeros, 0, to - from, from, to) === 0;
}
