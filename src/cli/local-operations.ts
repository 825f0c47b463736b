/** Operations of the CLI on this machine instead of over HTTP: starting and ending the controller itself. */

import { exitCodes } from './exit-codes.ts';

/** The exit code of `serve` for an invalid setting. */
export const wrongInputExit = exitCodes.usage.code;

/** The controller's address and token; read from the environment or from the controller's home. */
export interface Connection {
  url: string;
  token: string;
}

/** Options of `serve` and `up`; an absent option keeps its default. */
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
  /** Seconds between passes that are not requested. */
  interval?: number;
  /** `spread`, `pack` or `round-robin`, for slices that do not say otherwise. */
  placement?: string;
  /** The largest number of kept events. */
  eventsKept?: number;
  /** Days for which events are kept. */
  eventsAge?: number;
  /** The largest number of kept ended tasks. */
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
   * Starts the controller in the background and waits until it answers; no effect where it runs already. `standby`: another controller
   * has its database, and leads.
   */
  up(options: ServeOptions): Promise<Connection & { started: boolean; pid: number; log: string; standby: boolean }>;
  /** Ends the controller, not the VMs, unless its nodes are `simulated`; null where none runs. */
  down(): Promise<{ simulated: boolean } | null>;
  /** Removes all slices and everything that Croft made on this machine, then ends the controller and deletes its home. */
  purge(say: Say): Promise<void>;
  /** Installs missing Debian packages of a section; `say` receives the progress. */
  setUp(sections: readonly string[], say: Say): Promise<void>;
}
