/** Writes a file from its beginning to its end, hashed on the way, with holes where it has long runs of zeros. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** What is written at one time; two such buffers are all the memory that a file takes. */
const blockSize = 1024 ** 2;
/** A run of zeros that begins and ends at multiples of this becomes a hole. */
const holeSize = 64 * 1024;
const zeros = Buffer.alloc(holeSize);

export type Algorithm = 'sha256' | 'sha512';

export class SparseFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #hashes: ReadonlyMap<Algorithm, Hash>;
  #block: Buffer = Buffer.allocUnsafe(blockSize);
  #spare: Buffer = Buffer.allocUnsafe(blockSize);
  /** Where in the file the block begins, and how much of it is filled. Blocks end at multiples of their size. */
  #start = 0;
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, algorithms: Iterable<Algorithm>) {
    this.#handle = handle;
    this.#hashes = new Map([...algorithms].map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** Creates the file, or empties it. `algorithms`: what its content is hashed with. */
  static async create(file: string, algorithms: Iterable<Algorithm>): Promise<SparseFile> {
    return new SparseFile(await open(file, 'w+', 0o644), algorithms);
  }

  /** Opens a file to go on after its first `length` bytes; `restored` must be read to its end before anything is written. */
  static async reopen(
    file: string,
    length: number,
    algorithms: Iterable<Algorithm>,
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
      piece.copy(this.#block, this.#filled);
      this.#filled += piece.length;
      offset += piece.length;
      if (piece.length === room) await this.#turn();
    }
  }

  /** Lower-case hex, of what was written until the last `flush`. */
  digest(algorithm: Algorithm): string {
    const hash = this.#hashes.get(algorithm);
    if (hash === undefined) throw new TypeError(`not hashed with ${algorithm}`);
    return hash.copy().digest('hex');
  }

  /** Resolves when all that was written is in the file, as other processes see it. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#writing;
  }

  /** Writes what is left, gives the file its length and makes it durable. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#handle.truncate(this.size);
    await this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#handle.close();
  }

  async *#restore(length: number): AsyncGenerator<Buffer> {
    while (this.#start < length) {
      const buffer = Buffer.allocUnsafe(Math.min(blockSize, length - this.#start));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#start);
      if (bytesRead === 0) throw new Error('the file became shorter while it was read');
      const piece = buffer.subarray(0, bytesRead);
      for (const hash of this.#hashes.values()) hash.update(piece);
      this.#start += bytesRead;
      yield piece;
    }
  }

  /** While one block is being written, it is hashed and the other one is filled. */
  async #turn(): Promise<void> {
    await this.#writing;
    const piece = this.#block.subarray(0, this.#filled);
    this.#writing = this.#put(piece, this.#start);
    // Heard at the next turn; until then it is no unhandled rejection.
    this.#writing.catch(() => undefined);
    for (const hash of this.#hashes.values()) hash.update(piece);
    [this.#block, this.#spare] = [this.#spare, this.#block];
    this.#start += this.#filled;
    this.#filled = 0;
  }

  async #put(piece: Buffer, start: number): Promise<void> {
    for (const { from, to } of runsOfData(piece, start)) {
      for (let at = from; at < to; ) at += (await this.#handle.write(piece, at, to - at, start + at)).bytesWritten;
    }
  }
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
