/** All external inputs of the CLI; main.ts provides the real ones, tests provide fakes. */
import type { Readable, Writable } from 'node:stream';
import type { Client } from '../client/client.ts';
import type { Connection, LocalOperations } from './local-operations.ts';

/** Standard input; `setRawMode` is present on a terminal. */
export type Input = Readable & { setRawMode?(raw: boolean): unknown };

export interface CliEnvironment {
  stdin: Input;
  stdout: Writable;
  stderr: Writable;
  /** Input and output are a terminal: questions may be asked and lines redrawn. */
  isTerminal: boolean;
  /** Columns of the terminal; infinite where the output is none, so that nothing is cut. */
  width: number;
  /** Rows of the terminal. */
  height: number;
  color: boolean;
  /** Errors are shown with their stacks. */
  debug: boolean;
  version: string;
  /** The program's name in this call, such as `./croft`. */
  program: string;
  /** Path of the slice file that `demo` deploys. */
  demoSlice: string;
  /** Loaded on first use, because it is heavy. */
  local(): Promise<LocalOperations>;
  connect(connection: Connection): Promise<Client>;
  /** Calls back on Ctrl-C instead of ending the process, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}
