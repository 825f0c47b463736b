/** Lines at the bottom of a terminal that are redrawn in place. */
import type { Writable } from 'node:stream';

export class LiveLines {
  readonly #output: Writable;
  #drawn = 0;

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Each line must fit the terminal's width, otherwise the next drawing starts in the wrong row. */
  draw(lines: readonly string[]): void {
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#output.write(`${back}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.#drawn = lines.length;
  }
}
