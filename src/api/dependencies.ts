/** The dependencies of the API; the composition root provides them. */
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Principals } from '../access/principals.ts';
import type { CommandDependencies } from '../commands/dependencies.ts';
import type { Principal } from '../model/access/principal.ts';
import type { Leader } from '../model/leader.ts';
import type { GuestReport, Snapshot } from '../model/vm/operations.ts';
import type { Metrics } from './metrics.ts';

export interface ConsoleGateway {
  /** Bytes to and from the guest's serial console; each viewer of a VM gets a stream. The signal aborts when this viewer has left. */
  open(slice: string, vm: string, signal: AbortSignal): Promise<Duplex>;
  /** The last `bytes` of its output; rejects with `unsupported` where its hypervisor keeps no output. */
  log(slice: string, vm: string, bytes: number): Promise<string>;
}

/** See VmOperations of the loops; slices are named by their full names. */
export interface OperationGateway {
  snapshots(slice: string, vm: string): Promise<Snapshot[]>;
  snapshot(by: Principal, slice: string, vm: string, snapshot: string, memory: boolean): Promise<void>;
  revert(by: Principal, slice: string, vm: string, snapshot: string): Promise<void>;
  removeSnapshot(by: Principal, slice: string, vm: string, snapshot: string): Promise<void>;
  reboot(by: Principal, slice: string, vm: string, hard: boolean): Promise<void>;
  guest(slice: string, vm: string): Promise<GuestReport | null>;
  vnc(slice: string, vm: string): Promise<Duplex>;
}

/** Notifies listeners that events were appended; listeners then read them from the store. */
export interface ChangeFeed {
  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export interface ApiDependencies extends CommandDependencies {
  /** Identifies the principal of a request's token. */
  principals: Principals;
  version: string;
  /** This controller, as others see it. */
  leader(): Leader;
  console: ConsoleGateway;
  operations: OperationGateway;
  changes: ChangeFeed;
  metrics: Metrics;
  logger: FastifyBaseLogger;
}
