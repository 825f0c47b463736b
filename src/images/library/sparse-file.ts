/** Writes a file from its beginning to its end, with its hash computed on the way, and with holes for long runs of zeros. */
import { type Algorithm, BlockHash, type Digests } from './block-hash.ts';
import { isZero, runsOfData } from './data-runs.ts';
import { alignedMemory, DirectFile } from './direct-file.ts';

export type { Algorithm } from './block-hash.ts';

/** The size of one write; three such buffers are all the memory of a file, since zeros take none. */
const blockSize = 1024 ** 2;
/** Blocks of zeros that may wait to be hashed. */
const blankLimit = 64;

interface Block {
  bytes: Buffer<SharedArrayBuffer>;
  /** The work on its former content before the buffer is filled again: written and hashed. */
  done: Promise<unknown>;
}

export interface SparseOptions {
  /** The hash algorithms of its content. */
  algorithms: readonly Algorithm[];
  /** Whether the file must survive a power loss once it is finished. */
  durable: boolean;
}

export class SparseFile implements AsyncDisposable {
  readonly #file: DirectFile;
  readonly #durable: boolean;
  readonly #hash: BlockHash;
  #digests: Digests = {};
  /** The first buffer is filled; the others are being written and hashed, the oldest next to it. */
  readonly #blocks: [Block, ...Block[]];
  /** The block's offset in the file, and its filled length. Blocks end at multiples of their size. */
  #start = 0;
  #filled = 0;
  /** Only zeros have come for the block, and none of them was copied into it. */
  #blank = true;
  /** The hashing of blocks of zeros, the oldest first. */
  readonly #blanks: Promise<void>[] = [];

  private constructor(file: DirectFile, { algorithms, durable }: SparseOptions) {
    this.#file = file;
    this.#durable = durable;
    this.#hash = new BlockHash(algorithms);
    this.#blocks = [createBlock(), createBlock(), createBlock()];
  }

  /** Creates the file, or empties it. */
  static async create(file: string, options: SparseOptions): Promise<SparseFile> {
    return new SparseFile(await DirectFile.open(file, 'w+'), options);
  }

  /** Opens a file to continue after its first `length` bytes; `restored` must be read to its end before anything is written. */
  static async reopen(
    file: string,
    length: number,
    options: SparseOptions,
  ): Promise<{ file: SparseFile; restored: AsyncGenerator<Buffer> }> {
    const opened = await DirectFile.open(file, 'r+');
    try {
      await opened.handle.truncate(length);
    } catch (thrown) {
      await opened[Symbol.asyncDispose]();
      throw thrown;
    }
    const reopened = new SparseFile(opened, options);
    return { file: reopened, restored: reopened.#restore(length) };
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#start + this.#filled;
  }

  /** Bytes on their way to the disk, or written. */
  get passed(): number {
    return this.#start;
  }

  /** On return at most one block is not yet on its way to the disk. */
  async write(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      const room = blockSize - (this.size % blockSize);
      const piece = chunk.subarray(offset, offset + room);
      this.#fill(piece);
      offset += piece.length;
      if (piece.length === room) await this.#turn();
    }
  }

  /** Lower-case hex, of the bytes restored or written until the last `flush`. */
  digest(algorithm: Algorithm): string {
    const digest = this.#digests[algorithm];
    if (digest === undefined) throw new TypeError(`not hashed with ${algorithm}`);
    return digest;
  }

  /** The hashes of the bytes so far, once all of them are in the file as other processes see it; more may be written meanwhile. */
  async settle(): Promise<Digests> {
    const [digests] = await Promise.all([this.#hash.digests(), ...this.#blocks.map(({ done }) => done)]);
    return digests;
  }

  /** Resolves when all written bytes are in the file, as other processes see it. */
  async flush(): Promise<void> {
    await this.#turn();
    this.#digests = await this.settle();
  }

  /** Writes the rest, gives the file its length and, where required, makes it durable. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#file.handle.truncate(this.size);
    if (this.#durable) await this.#file.handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#blocks.map(({ done }) => done));
    await this.#hash[Symbol.asyncDispose]();
    await this.#file[Symbol.asyncDispose]();
  }

  async *#restore(length: number): AsyncGenerator<Buffer> {
    const { bytes } = this.#blocks[0];
    while (this.#start < length) {
      const { bytesRead } = await this.#file.handle.read(bytes, 0, Math.min(blockSize, length - this.#start), this.#start);
      if (bytesRead === 0) throw new Error('the file became shorter while it was read');
      const piece = bytes.subarray(0, bytesRead);
      await this.#hash.update(piece);
      this.#start += bytesRead;
      yield Buffer.from(piece);
    }
    this.#digests = await this.#hash.digests();
  }

  #fill(piece: Buffer): void {
    const { bytes } = this.#blocks[0];
    if (!this.#blank || !isZero(piece)) {
      if (this.#blank) bytes.fill(0, 0, this.#filled);
      this.#blank = false;
      piece.copy(bytes, this.#filled);
    }
    this.#filled += piece.length;
  }

  async #turn(): Promise<void> {
    if (this.#blank) await this.#passBlank();
    else await this.#passBlock();
  }

  /** Hashes zeros that stay a hole. */
  async #passBlank(): Promise<void> {
    const hashed = this.#hash.updateZeros(this.#filled);
    hashed.catch(() => undefined);
    this.#start += this.#filled;
    this.#filled = 0;
    if (this.#blanks.push(hashed) > blankLimit) await this.#blanks.shift();
  }

  /** Writes and hashes the filled block, and waits for the oldest buffer, to fill that. After a failure it fails each time. */
  async #passBlock(): Promise<void> {
    const [block, ...others] = this.#blocks;
    await block.done;
    const piece = block.bytes.subarray(0, this.#filled);
    block.done = Promise.all([this.#put(piece, this.#start), this.#hash.update(piece)]);
    // The failure is handled at the buffer's next turn; until then it is no unhandled rejection.
    block.done.catch(() => undefined);
    this.#blocks.splice(0, this.#blocks.length, ...others, block);
    this.#start += this.#filled;
    this.#filled = 0;
    this.#blank = true;
    await this.#blocks[0].done;
  }

  async #put(piece: Buffer, start: number): Promise<void> {
    for (const { from, to } of runsOfData(piece, start)) await this.#file.write(piece.subarray(from, to), start + from);
  }
}

function createBlock(): Block {
  return { bytes: alignedMemory(blockSize), done: Promise.resolve() };
}
