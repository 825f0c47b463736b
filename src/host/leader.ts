/** Separates the output of start-up files from a program's output: the program's part begins after a line with our marker. */
import { Transform, type TransformCallback } from 'node:stream';

const noiseLimit = 1024 * 1024;
const newline = 0x0a;

/** Passes on, byte for byte, the output after the line `\n<marker> <text>\n`. */
export class AfterLeader extends Transform {
  /** The text of the marker line. Rejects, with the output so far, when the stream ends without such a line. */
  readonly leader: Promise<string>;
  readonly #pattern: Buffer;
  readonly #found: (text: string) => void;
  readonly #missed: (error: Error) => void;
  /** The output before the marker line is complete; null afterwards. */
  #noise: Buffer | null = Buffer.alloc(0);

  constructor(marker: string) {
    super();
    this.#pattern = Buffer.from(`\n${marker} `);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    promise.catch(() => undefined);
    this.leader = promise;
    this.#found = resolve;
    this.#missed = reject;
    this.on('close', () => this.#miss());
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const rest = this.#noise === null ? chunk : this.#seek(this.#noise, chunk);
    const failed = this.#noise !== null && this.#noise.length > noiseLimit;
    done(failed ? new Error('the login prints too much before a command starts') : null, rest);
  }

  /** Looks for the marker line; returns the output after it, or null while the line is not complete. */
  #seek(before: Buffer, chunk: Buffer): Buffer | null {
    this.#noise = Buffer.concat([before, chunk]);
    const start = this.#noise.indexOf(this.#pattern);
    const end = start < 0 ? -1 : this.#noise.indexOf(newline, start + this.#pattern.length);
    if (end < 0) return null;
    const rest = this.#noise.subarray(end + 1);
    this.#found(this.#noise.toString('latin1', start + this.#pattern.length, end));
    this.#noise = null;
    return rest;
  }

  override _flush(done: TransformCallback): void {
    this.#miss();
    done();
  }

  #miss(): void {
    this.#missed(new Error(this.#noise?.toString().trim().slice(-2000) ?? ''));
  }
}
