/** The interface of a transport: programs with three streams, and Unix sockets, over one connection. */
import { constants } from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';

/** A program started through a connection. */
export interface Channel {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Resolves when the program has ended: with its exit code, or with null when the connection was lost before. Never rejects. */
  ended: Promise<number | null>;
  /** Closes the streams at once; the program sees end of file, nothing is killed. */
  destroy(): void;
}

/** An established connection to a node. All methods reject with CroftErrors. */
export interface Connection {
  /** Starts a line of shell input in the login's shell. */
  open(line: string): Promise<Channel>;
  socket(path: string): Promise<Duplex>;
  /** Resolves when the connection was lost or ended. Never rejects. */
  closed: Promise<void>;
  end(): void;
}

/** Makes a new connection to the node. */
export type Connect = () => Promise<Connection>;

/** The exit code in a shell's form: 128 + n after signal n. */
export function exitCode(code: number | null, signal: string | null | undefined): number | null {
  if (code !== null) return code;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? null : 128 + number;
}
