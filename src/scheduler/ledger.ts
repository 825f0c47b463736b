/** The capacity of each node and the free part of it, as arrays of numbers: the inner loop over thousands of nodes touches no object. */

import type { Node } from '../model/node/node.ts';
import type { PlacementVm } from '../model/placement/assignment.ts';
import { capacityOf, nothing, promisedByNode, type Resources } from '../model/placement/capacity.ts';

/** Nodes are known by their position in `nodes`, which are sorted by name; -1 is no node. */
export class Ledger {
  readonly nodes: readonly Node[];
  readonly cpus: Float64Array;
  readonly memory: Float64Array;
  readonly disk: Float64Array;
  /** The share of a node's CPUs that one CPU is, and of its memory that one byte is. */
  readonly perCpu: Float64Array;
  readonly perByte: Float64Array;
  /** Below zero where more is promised than present, for instance after the overcommit was lowered. */
  readonly freeCpus: Float64Array;
  readonly freeMemory: Float64Array;
  readonly freeDisk: Float64Array;
  readonly #positions: ReadonlyMap<string, number>;

  constructor(nodes: readonly Node[], vms: readonly PlacementVm[]) {
    this.nodes = nodes.toSorted((a, b) => (a.config.name < b.config.name ? -1 : 1));
    this.#positions = new Map(this.nodes.map(({ id }, position) => [id, position]));
    const capacities = this.nodes.map((node) => capacityOf(node) ?? nothing);
    this.cpus = Float64Array.from(capacities, ({ cpus }) => cpus);
    this.memory = Float64Array.from(capacities, ({ memory }) => memory);
    this.disk = Float64Array.from(capacities, ({ disk }) => disk);
    this.perCpu = this.cpus.map((cpus) => (cpus === 0 ? 0 : 1 / cpus));
    this.perByte = this.memory.map((memory) => (memory === 0 ? 0 : 1 / memory));
    this.freeCpus = this.cpus.slice();
    this.freeMemory = this.memory.slice();
    this.freeDisk = this.disk.slice();
    for (const [id, share] of promisedByNode(vms)) this.take(this.positionOf(id), share);
  }

  positionOf(nodeId: string | null): number {
    return nodeId === null ? -1 : (this.#positions.get(nodeId) ?? -1);
  }

  nameOf(position: number): string {
    return this.nodes[position]?.config.name ?? '';
  }

  take(position: number, { cpus, memory, disk }: Resources): void {
    if (position < 0) return;
    this.freeCpus[position] = (this.freeCpus[position] ?? 0) - cpus;
    this.freeMemory[position] = (this.freeMemory[position] ?? 0) - memory;
    this.freeDisk[position] = (this.freeDisk[position] ?? 0) - disk;
  }

  give(position: number, { cpus, memory, disk }: Resources): void {
    this.take(position, { cpus: -cpus, memory: -memory, disk: -disk });
  }

  free(position: number): Resources {
    return { cpus: this.freeCpus[position] ?? 0, memory: this.freeMemory[position] ?? 0, disk: this.freeDisk[position] ?? 0 };
  }

  hasRoom(position: number, { cpus, memory, disk }: Resources): boolean {
    const free = this.free(position);
    return cpus <= free.cpus && memory <= free.memory && disk <= free.disk;
  }
}
