/** The interface to a node's commands, files and Unix sockets; the same for SSH, for this machine and for the fake. */
import type { Duplex, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CroftError } from '../model/error.ts';
import { commandLabel } from './quote.ts';

/** A program and its arguments. They reach the program byte for byte: no shell ever parses them. */
export interface Command {
  argv: readonly [string, ...string[]];
  /** Standard input; without it the program reads end of file. */
  stdin?: string | Uint8Array;
  /** Killed on the node, with all its child processes, after this many ms; 30,000 where absent. */
  timeout?: number;
}

export interface CommandResult {
  /** Exit code; 128 + n after signal n, in a shell's form. */
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A command together with the parser of its answer: the building block of src/tools and the drivers. `parse` throws a CroftError where
 * the answer reports a failure.
 */
export interface Call<T> {
  command: Command;
  parse(result: CommandResult): T;
}

export interface HostProcess {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Resolves with the exit code when the program has ended. */
  exited: Promise<number>;
  /** Kills the program on the node, with all its child processes. */
  kill(): Promise<void>;
}

/** The identity of a login before privileges are raised: the user that may open a socket through the connection. */
export interface Login {
  user: string;
  groupId: number;
}

export interface Host {
  /** The node's name, for messages. */
  readonly name: string;

  /**
   * Runs commands as root, one after the other, in one round trip; a failing command does not stop the next. Rejects with `node.*` where
   * the node cannot be reached, and with `command.timeout` where a command did not end in time (it and all its child processes are then
   * dead; the commands after it were not run). A non-zero exit is no rejection.
   */
  batch(commands: readonly Command[]): Promise<CommandResult[]>;

  /** Starts a program as root with streams of its own, for long or large input and output. */
  spawn(command: Pick<Command, 'argv'>): Promise<HostProcess>;

  /** Connects to a Unix socket on the node, as the login user. */
  connect(path: string): Promise<Duplex>;

  /** The user of the login, read when the connection was made. */
  login(): Promise<Login>;

  /** Ends the connection and everything running through it. The host can be used again: it then reconnects. */
  close(): Promise<void>;

  /** Closes the host for good: every later use rejects with `node.unreachable`, so that remaining references cannot reconnect. */
  end(): Promise<void>;
}

/** Runs one command; see `Host.batch`. */
export async function run(host: Host, command: Command): Promise<CommandResult> {
  const [result] = await host.batch([command]);
  return result as CommandResult;
}

/**
 * Runs a command beside the shells that batches share, so that a long command delays no batch. Without a time-out it may take for ever;
 * rejects as `run` does.
 */
export async function runLong(host: Host, { argv, stdin = '', timeout }: Command): Promise<CommandResult> {
  const program = await host.spawn({ argv });
  program.stdin.on('error', () => undefined);
  program.stdin.end(stdin);
  const ended = Promise.all([program.exited, text(program.stdout), text(program.stderr)]);
  const overrun = Promise.withResolvers<never>();
  const stop = async (): Promise<void> => {
    await program.kill().catch(() => undefined);
    overrun.reject(
      new CroftError('command.timeout', `${commandLabel(argv)} on ${host.name} did not end within ${(timeout ?? 0) / 1000} s`, {
        node: host.name,
        hint: `Look on ${host.name} what it waits for (load, a hung disk, a lock) and try again.`,
      }),
    );
  };
  const timer = timeout === undefined ? undefined : setTimeout(() => void stop(), timeout);
  try {
    const [code, stdout, stderr] = await Promise.race([ended, overrun.promise]);
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

type Parsed<Calls extends readonly Call<unknown>[]> = { -readonly [K in keyof Calls]: Calls[K] extends Call<infer T> ? T : never };

/** Makes several calls in one round trip; rejects with the first CroftError that a parser throws, which then names the node. */
export async function perform<const Calls extends readonly Call<unknown>[]>(host: Host, ...calls: Calls): Promise<Parsed<Calls>> {
  const results = await host.batch(calls.map((call) => call.command));
  try {
    return calls.map((call, index) => call.parse(results[index] as CommandResult)) as Parsed<Calls>;
  } catch (thrown) {
    throw thrown instanceof CroftError && thrown.node === undefined ? atHost(thrown, host) : thrown;
  }
}

function atHost(error: CroftError, host: Host): CroftError {
  const { code, message, hint, issues } = error;
  return new CroftError(code, message, { node: host.name, issues, cause: error, ...(hint === undefined ? {} : { hint }) });
}
