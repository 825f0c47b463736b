/** What the CLI cannot do over HTTP because it concerns this machine: starting and ending the controller itself. */

import { exitCodes } from './exit-codes.ts';

/** What `serve` ends with where it was told something wrong. */
export const wrongInputExit = exitCodes.usage.code;

/** Where the controller answers and with which token; read from the environment or from the controller's home. */
export interface Connection {
  url: string;
  token: string;
}

/** Options of `serve` and `up`; what is absent keeps its default. */
export interface ServeOptions {
  host?: string;
  port?: number;
  /** File path of a SQLite database or a postgres:// URL. */
  database?: string;
  /** VLAN tags to allocate from, `first-last`. */
  segments?: string;
  /** Range that transit networks are cut from. */
  transit?: string;
  /** An image map, in YAML. */
  config?: string;
  /** Seconds between passes that nothing asked for. */
  interval?: number;
  /** `spread`, `pack` or `round-robin`, for slices that do not say it. */
  placement?: string;
  /** How many events are kept at most. */
  eventsKept?: number;
  /** Days for which events are kept. */
  eventsAge?: number;
  /** How many ended tasks are kept at most. */
  tasksKept?: number;
  /** Days for which ended tasks are kept. */
  tasksAge?: number;
  /** Nodes that exist in the controller's memory only, in place of real ones: `nodes=1000,cpus=64,…`. */
  simulate?: string;
}

export type Say = (line: string) => void;

export interface LocalOperations {
  /** Rejects with `unavailable` where there is no token yet, with the hint to start the controller. */
  connection(): Promise<Connection>;
  /** Runs the controller in the foreground until SIGINT or SIGTERM; resolves when it has ended. */
  serve(options: ServeOptions): Promise<void>;
  /**
   * Starts the controller in the background and waits until it answers; does nothing where it runs already. `standby`: another
   * controller has its database, and leads.
   */
  up(options: ServeOptions): Promise<Connection & { started: boolean; pid: number; log: string; standby: boolean }>;
  /** Ends the controller, not the VMs, unless its nodes are `simulated`; null where none runs. */
  down(): Promise<{ simulated: boolean } | null>;
  /** Removes all slices and all that Croft made on this machine, then ends the controller and deletes its home. */
  purge(say: Say): Promise<void>;
  /** Installs what a section of Debian packages lacks; `say` hears what is done. */
  setUp(sections: readonly string[], say: Say): Promise<void>;
}
