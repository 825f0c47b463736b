/** A root shell in a guest of the micro image, over its serial console and the controller's API. */

import type { Client } from '../../src/client/client.ts';
import type { Console } from '../../src/client/console.ts';
import { until } from '../support/until.ts';

export interface Answer {
  code: number;
  /** What the command printed, without the last line feed. */
  output: string;
}

const patience = 60_000;

export class GuestShell implements AsyncDisposable {
  readonly #console: Console;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #seen = '';
  #count = 0;

  private constructor(console: Console) {
    this.#console = console;
    this.#reader = console.output.getReader();
  }

  static async open(client: Client, slice: string, vm: string): Promise<GuestShell> {
    const shell = new GuestShell(await client.vms.console(slice, vm));
    // What is typed there is then not printed as well, nor broken into lines.
    await shell.run('stty -echo');
    return shell;
  }

  /** Runs one command line; `code` is its exit code. Rejects where the guest does not answer in time. */
  async run(line: string): Promise<Answer> {
    this.#count += 1;
    const mark = this.#count;
    // The quotes keep the typed line from looking like its answer.
    this.#console.send(`echo "be""gin ${mark}:"; ${line}; echo "e""nd ${mark}:$?:"\n`);
    const pattern = new RegExp(`begin ${mark}:\\r?\\n([\\s\\S]*?)end ${mark}:(\\d+):`);
    const [, output = '', code = ''] = await this.#until(pattern, line);
    return { code: Number(code), output: output.replaceAll('\r', '').replace(/\n$/, '') };
  }

  /** As `run`, for a command that must succeed. */
  async must(line: string): Promise<string> {
    const { code, output } = await this.run(line);
    if (code !== 0) throw new Error(`"${line}" in the guest ended with ${code}: ${output}`);
    return output;
  }

  /** Whether an address or a name answers a ping within some seconds. */
  async reaches(target: string): Promise<boolean> {
    return (await this.run(`ping -c 1 -W 3 ${target} >/dev/null 2>&1`)).code === 0;
  }

  /** Waits until it does: a guest uses an address some moments after it took the lease. */
  async comesToReach(target: string): Promise<void> {
    await until(`the guest reaches ${target}`, async () => (await this.reaches(target)) || undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#console.close();
    await this.#reader.cancel().catch(() => undefined);
  }

  async #until(pattern: RegExp, line: string): Promise<RegExpExecArray> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`the guest did not answer "${line}" but:\n${this.#seen}`)), patience);
    try {
      for (;;) {
        const match = pattern.exec(this.#seen);
        if (match !== null) {
          this.#seen = this.#seen.slice(match.index + match[0].length);
          return match;
        }
        const { done, value } = await Promise.race([this.#reader.read(), late]);
        if (done) throw new Error(`the console ended before "${line}" was answered:\n${this.#seen}`);
        this.#seen += this.#decoder.decode(value, { stream: true });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
