/** What the worker of a node works with. */
import type { HypervisorDriver, NodeLayout, StopTimes } from '../../drivers/hypervisor/driver.ts';
import type { NetworkDriver } from '../../drivers/network/driver.ts';
import type { Host } from '../../host/host.ts';
import type { Node, NodeConfig } from '../../model/node/node.ts';
import type { Store } from '../../store/store.ts';
import type { Journal } from '../journal.ts';
import type { Turns } from '../turns.ts';
import type { NodeImages, NodeInspection } from './connection.ts';
import type { Reception } from './moves.ts';

export interface NodeWorkerOptions {
  nodeId: string;
  store: Store;
  /** Shared by all workers: so the store has time for what people ask, however many nodes look into it. */
  turns: Turns;
  journal: Journal;
  hypervisorOf(config: NodeConfig): HypervisorDriver;
  networkOf(node: Node): NetworkDriver;
  images: NodeImages;
  inspection: NodeInspection;
  stopTimes: StopTimes;
  /** ms between passes that nothing asked for. */
  interval: number;
  connect(node: Node): { host: Host; layout: NodeLayout };
  /** See `NodeWorker.receive`, of the worker of another node. */
  receiveOn(nodeId: string, vmId: string): Promise<Reception | null>;
  /** Called after each pass in which something changed. */
  changed(): void;
  /** A pass over a node that could be reached has ended. */
  passed(node: string, seconds: number): void;
  /** A defect or a failing store; to be logged. */
  failed(error: unknown): void;
  now(): number;
  clock(): number;
}
