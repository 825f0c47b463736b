/** A host for unit tests of what stands above: it records commands and answers them through a given function. */
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command, CommandResult, Host, HostProcess, Login } from '../../src/host/host.ts';
import { CroftError } from '../../src/model/error.ts';

/** What a command answers; what is left out is success and silence. A CroftError makes the whole batch reject. */
export type FakeAnswer = Partial<CommandResult> | CroftError;

export interface FakeHostOptions {
  name?: string;
  /** Called for each command in order, and for each spawned program when its input has ended. */
  answer?: (command: Command) => FakeAnswer;
  /** The other end of a Unix socket; without it there is none. */
  socket?: (path: string) => Duplex;
  login?: Login;
}

export class FakeHost implements Host {
  readonly name: string;
  /** Every batch that was asked for, in order. */
  readonly batches: (readonly Command[])[] = [];
  /** While set, every use rejects with it. */
  failure: CroftError | undefined;
  /** ms that each round trip takes. */
  latency = 0;
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.name = options.name ?? 'fake';
    this.#options = options;
  }

  /** Every command of every batch, in order. */
  get commands(): Command[] {
    return this.batches.flat();
  }

  async batch(commands: readonly Command[]): Promise<CommandResult[]> {
    this.batches.push(commands);
    await this.#roundTrip();
    return commands.map((command) => this.#answer(command));
  }

  async spawn({ argv }: Pick<Command, 'argv'>): Promise<HostProcess> {
    await this.#roundTrip();
    const stdin = new PassThrough();
    const answer = text(stdin).then((input) => {
      this.batches.push([{ argv, stdin: input }]);
      return this.#answer({ argv, stdin: input });
    });
    const output = (stream: 'stdout' | 'stderr') =>
      Readable.from(
        (async function* () {
          yield (await answer)[stream];
        })(),
      );
    const kill = async () => {
      stdin.destroy();
    };
    return { stdin, stdout: output('stdout'), stderr: output('stderr'), exited: answer.then((result) => result.code), kill };
  }

  async connect(path: string): Promise<Duplex> {
    await this.#roundTrip();
    if (this.#options.socket === undefined) throw new CroftError('not-found', `Nothing answers at the socket ${path} on node ${this.name}`);
    return this.#options.socket(path);
  }

  async login(): Promise<Login> {
    await this.#roundTrip();
    return this.#options.login ?? { user: 'root', groupId: 0 };
  }

  async close(): Promise<void> {}

  async end(): Promise<void> {}

  async #roundTrip(): Promise<void> {
    if (this.latency > 0) await delay(this.latency);
    if (this.failure !== undefined) throw this.failure;
  }

  #answer(command: Command): CommandResult {
    const answer = this.#options.answer?.(command) ?? {};
    if (answer instanceof CroftError) throw answer;
    return { code: 0, stdout: '', stderr: '', ...answer };
  }
}
