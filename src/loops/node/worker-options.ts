/** The dependencies and settings of a node's worker. */
import type { HypervisorDriver, NodeLayout, StopTimes } from '../../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../../drivers/network/driver.ts';
import type { Host } from '../../host/host.ts';
import type { Node, NodeConfig } from '../../model/node/node.ts';
import type { Store } from '../../store/store.ts';
import type { ConcurrencyLimit } from '../concurrency-limit.ts';
import type { Journal } from '../journal.ts';
import type { NodeImages, NodeInspection } from './connection.ts';
import type { Reception } from './moves.ts';

export interface NodeWorkerOptions {
  nodeId: string;
  store: Store;
  /** Shared by all workers, so that the store has time for users' requests, however many nodes read from the store. */
  reading: ConcurrencyLimit;
  journal: Journal;
  hypervisorOf(config: NodeConfig): HypervisorDriver;
  networkOf(node: Node): NetworkDriver;
  images: NodeImages;
  inspection: NodeInspection;
  stopTimes: StopTimes;
  /** ms between passes that are not requested. */
  interval: number;
  connect(node: Node): { host: Host; layout: NodeLayout };
  /** See `NodeWorker.receive` of the other node's worker. */
  receiveOn(nodeId: string, vmId: string): Promise<Reception | null>;
  /** Called after each pass in which something changed. */
  changed(): void;
  /** A pass over a reachable node has ended. */
  passed(node: string, seconds: number): void;
  /** A defect or a failing store, for the log. */
  failed(error: unknown): void;
  now(): number;
  clock(): number;
}
