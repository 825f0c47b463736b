/** Splits one output stream of a shell into the parts of its commands: each part ends with a line that bears the shell's marker. */

export interface Frame {
  /** The output before the marker line, byte for byte. */
  body: Buffer;
  /** The text after the marker on its line. */
  trailer: string;
}

const newline = 0x0a;
const trailerLimit = 64;

/** The end of a part is `\n<marker> <trailer>\n`: its own first newline makes it a line whatever was printed before. */
export class FrameReader {
  readonly #pattern: Buffer;
  readonly #limit: number;
  readonly #onFrame: (frame: Frame) => void;
  readonly #onOverflow: () => void;
  /** Parts of the body known to hold no marker. */
  #certain: Buffer[] = [];
  #certainLength = 0;
  /** The last bytes, in which a marker line may have begun. */
  #open: Buffer = Buffer.alloc(0);

  /** `limit`: the largest body in bytes; beyond it `onOverflow` is called and the rest of that body is dropped. */
  constructor(marker: string, limit: number, onFrame: (frame: Frame) => void, onOverflow: () => void) {
    this.#pattern = Buffer.from(`\n${marker} `);
    this.#limit = limit;
    this.#onFrame = onFrame;
    this.#onOverflow = onOverflow;
  }

  /** The end of the current part so far, as text, for messages. */
  get unfinished(): string {
    return Buffer.concat([...this.#certain, this.#open])
      .toString()
      .trim()
      .slice(-2000);
  }

  push(chunk: Buffer): void {
    this.#open = this.#open.length === 0 ? chunk : Buffer.concat([this.#open, chunk]);
    while (this.#takeFrame());
  }

  #takeFrame(): boolean {
    const start = this.#open.indexOf(this.#pattern);
    if (start < 0) {
      this.#keep(Math.max(0, this.#open.length - this.#pattern.length + 1));
      return false;
    }
    const end = this.#open.indexOf(newline, start + this.#pattern.length);
    this.#keep(start);
    if (end < 0) return false;
    const trailer = this.#open.toString('latin1', this.#pattern.length, Math.min(end - start, this.#pattern.length + trailerLimit));
    const body = Buffer.concat(this.#certain, this.#certainLength);
    this.#certain = [];
    this.#certainLength = 0;
    this.#open = this.#open.subarray(end - start + 1);
    this.#onFrame({ body, trailer });
    return true;
  }

  /** Moves the first `length` open bytes to the certain ones. */
  #keep(length: number): void {
    if (length === 0) return;
    const wasWithin = this.#certainLength <= this.#limit;
    if (wasWithin) {
      this.#certain.push(this.#open.subarray(0, length));
      this.#certainLength += length;
    }
    this.#open = this.#open.subarray(length);
    if (wasWithin && this.#certainLength > this.#limit) this.#onOverflow();
  }
}
