/** All that the CLI takes from outside of itself; main.ts hands in the real one, tests a fake one. */
import type { Readable, Writable } from 'node:stream';
import type { Client } from '../client/client.ts';
import type { Connection, LocalOperations } from './local-operations.ts';

/** Standard input; `setRawMode` is there on a terminal. */
export type Input = Readable & { setRawMode?(raw: boolean): unknown };

export interface CliEnvironment {
  stdin: Input;
  stdout: Writable;
  stderr: Writable;
  /** A person sits at both ends: questions may be asked and lines redrawn. */
  isTerminal: boolean;
  /** Columns of the terminal; infinite where the output is none, so that nothing is cut. */
  width: number;
  /** Rows of the terminal. */
  height: number;
  color: boolean;
  /** Errors are shown with their stacks. */
  debug: boolean;
  version: string;
  /** How the program was called, such as `./croft`. */
  program: string;
  /** Path of the slice file that `demo` deploys. */
  demoSlice: string;
  /** Loaded when first needed, because it is heavy. */
  local(): Promise<LocalOperations>;
  connect(connection: Connection): Promise<Client>;
  /** Calls back on Ctrl-C instead of ending the process, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}
