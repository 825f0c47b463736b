/** An environment for tests of commands: what is printed is kept, and the controller is whatever a test says. */
import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../src/cli/cli.ts';
import type { CliEnvironment } from '../../src/cli/environment.ts';
import type { LocalOperations } from '../../src/cli/local-operations.ts';
import type { Client } from '../../src/client/client.ts';

/** The parts of a client that a test needs; the rest fails by being absent. */
export type PartialClient = {
  [Part in keyof Client]?: Client[Part] extends (...args: never) => unknown ? Client[Part] : Partial<Client[Part]>;
};

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface FakeOptions extends Partial<Omit<CliEnvironment, 'local' | 'connect'>> {
  client?: PartialClient;
  local?: Partial<LocalOperations>;
  /** What is typed or piped in. */
  input?: string;
}

/** Runs one command to its end. */
export async function runFake(
  argv: readonly string[],
  { client = {}, local = {}, input, ...replaced }: FakeOptions = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const stdin = new PassThrough();
  if (input !== undefined) stdin.end(input);
  const code = await runCli(argv, {
    ...{
      stdin,
      stdout,
      stderr,
      isTerminal: false,
      width: 80,
      height: 24,
      color: false,
      debug: false,
      version: '1.2.3',
      program: 'croft',
      demoSlice: '',
    },
    local: async () => ({ connection: async () => ({ url: 'http://127.0.0.1:1', token: 'token' }), ...local }) as LocalOperations,
    connect: async () => client as Client,
    onInterrupt: () => () => undefined,
    ...replaced,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
