/** A file that is written past the page cache where possible: the end has no long wait for the disk, and the cache keeps its content. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** The alignment of offsets in memory and in the file for writes past the cache; file systems require this or less. */
const alignment = 4096;

/** Memory that can be written past the page cache. */
export function alignedMemory(size: number): Buffer<SharedArrayBuffer> {
  // Memory that can grow begins at a page.
  return Buffer.from(new SharedArrayBuffer(size, { maxByteLength: size }), 0, size);
}

export class DirectFile implements AsyncDisposable {
  readonly handle: FileHandle;
  readonly #direct: FileHandle | null;
  #isRefused = false;

  private constructor(handle: FileHandle, direct: FileHandle | null) {
    this.handle = handle;
    this.#direct = direct;
  }

  /** `flags` as for `open`. On a file system without direct writes all writes use the cache. */
  static async open(file: string, flags: string): Promise<DirectFile> {
    const handle = await open(file, flags, 0o644);
    const direct = await open(file, constants.O_WRONLY | constants.O_DIRECT).catch(() => null);
    return new DirectFile(handle, direct);
  }

  /** Resolves when all of it is written. Unaligned parts are written through the cache. */
  async write(piece: Buffer, position: number): Promise<void> {
    const past = await this.#writePast(piece, position);
    await writeAll(this.handle, piece.subarray(past), position + past);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#direct?.close();
    await this.handle.close();
  }

  /** Resolves with the number of bytes written. */
  async #writePast(piece: Buffer, position: number): Promise<number> {
    if (this.#direct === null || this.#isRefused || piece.byteOffset % alignment > 0 || position % alignment > 0) return 0;
    const length = piece.length - (piece.length % alignment);
    try {
      await writeAll(this.#direct, piece.subarray(0, length), position);
      return length;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#isRefused = true;
      return 0;
    }
  }
}

async function writeAll(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at, piece.length - at, position + at)).bytesWritten;
}

/** The file system or the disk requires a larger alignment than is known here. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EINVAL';
}
