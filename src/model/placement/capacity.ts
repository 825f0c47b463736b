/** The resources of a node, the part of them that is promised, and whether a further VM fits. */

import type { ImageContent } from '../image/image.ts';
import type { Node } from '../node/node.ts';
import { gibibyte, mebibyte } from '../vm/flavor.ts';

/** CPUs, and bytes of memory and disk. */
export interface Resources {
  cpus: number;
  memory: number;
  disk: number;
}

/** Resources of a node that may be promised, overcommit included; null before its inspection. Disk in use by others is no part of them. */
export function capacityOf(node: Node): Resources | null {
  const specs = node.observed.specs;
  if (specs === null) return null;
  const { overcommit } = node.config;
  return {
    cpus: Math.floor(specs.cpus * overcommit.cpus),
    memory: Math.floor(specs.memory * overcommit.memory),
    disk: Math.floor(Math.max(0, specs.disk - specs.diskForeign) * overcommit.disk),
  };
}

interface SizedSpec {
  cpus: number;
  memory: number;
  disk: number | null;
  volumes: readonly { name: string; size: number | null }[];
}

/** The image of a VM's first disk, or of the volume of this name; null where there is none, or none that was fetched. */
export type ImageOf = (volume: string | null) => ImageContent | null;

/**
 * The resources promised to a VM. A disk counts with the size that it may grow to, which is never below its image's; that size is unknown
 * until the image was fetched. A CD-ROM counts as nothing: all VMs of a node read the same file.
 */
export function demandOf({ cpus, memory, disk, volumes }: SizedSpec, imageOf: ImageOf): Resources {
  let bytes = diskSize(disk, imageOf(null));
  for (const { name, size } of volumes) bytes += diskSize(size, imageOf(name));
  return { cpus, memory, disk: bytes };
}

function diskSize(size: number | null, image: ImageContent | null): number {
  return Math.max(size ?? 0, image === null || image.format === 'iso' ? 0 : image.virtualSize);
}

export function add(left: Resources, right: Resources): Resources {
  return { cpus: left.cpus + right.cpus, memory: left.memory + right.memory, disk: left.disk + right.disk };
}

export const nothing: Resources = { cpus: 0, memory: 0, disk: 0 };

/** The nodes whose resources a VM takes: its node and, while it moves, the target node as well. */
export interface Share {
  nodeId: string | null;
  movingTo: string | null;
  demand: Resources;
  /** Bytes that the VM runs with on its node, see VmObserved. */
  memoryHeld: number | null;
}

/** The resources that a VM takes of its node: its promise, and memory that it does not return before its next start. */
export function shareOf({ demand, memoryHeld }: Pick<Share, 'demand' | 'memoryHeld'>): Resources {
  return { ...demand, memory: Math.max(demand.memory, memoryHeld ?? 0) };
}

/** Resources promised on each node, by node identifier: summed from the assignments each time, so the sums cannot drift. */
export function promisedByNode(placed: Iterable<Share>): Map<string, Resources> {
  const promised = new Map<string, Resources>();
  const count = (nodeId: string, demand: Resources) => promised.set(nodeId, add(promised.get(nodeId) ?? nothing, demand));
  for (const { nodeId, movingTo, demand, memoryHeld } of placed) {
    if (nodeId !== null) count(nodeId, shareOf({ demand, memoryHeld }));
    if (movingTo !== null && movingTo !== nodeId) count(movingTo, demand);
  }
  return promised;
}

/** The lacking resources, in words such as "needs 4 GiB of memory, 1.5 GiB is free"; empty where all fits. */
export function shortages(demand: Resources, capacity: Resources, used: Resources): string[] {
  const words: string[] = [];
  const freeCpus = capacity.cpus - used.cpus;
  if (demand.cpus > freeCpus) words.push(`needs ${demand.cpus} CPUs, ${Math.max(0, freeCpus)} are free`);
  for (const kind of ['memory', 'disk'] as const) {
    const free = capacity[kind] - used[kind];
    if (demand[kind] > free) words.push(`needs ${sizeInWords(demand[kind])} of ${kind}, ${sizeInWords(Math.max(0, free))} is free`);
  }
  return words;
}

/** Bytes in human-readable form: `1.5 GiB`, `256 MiB`. */
export function sizeInWords(bytes: number): string {
  if (bytes >= gibibyte) return `${Number((bytes / gibibyte).toFixed(1))} GiB`;
  return `${Number((bytes / mebibyte).toFixed(bytes >= mebibyte ? 0 : 1))} MiB`;
}
