/** Presets: the VMs and networks that a topology of some size consists of. */

export const topologies = ['ring', 'bus', 'star', 'mesh', 'linear', 'tree'] as const;
export type Topology = (typeof topologies)[number];

export interface TopologyParts {
  /** VM names with their networks, in the order of their NICs. */
  vms: Map<string, string[]>;
  /** Network names; null where the network is no link, otherwise its two ends such as `vm1.eth0`. */
  networks: Map<string, [string, string] | null>;
}

/**
 * The permitted number of VMs of each topology. A VM has at most 8 NICs, which bounds star and mesh; subnets without one given come from
 * the 255 blocks 192.168.N.0/24, which bounds topologies of many links; and one such block holds 253 VMs beside its gateway.
 */
export const topologySizes: Readonly<Record<Topology, { least: number; most: number }>> = {
  ring: { least: 3, most: 255 },
  bus: { least: 1, most: 253 },
  star: { least: 2, most: 9 },
  mesh: { least: 2, most: 9 },
  linear: { least: 2, most: 256 },
  tree: { least: 2, most: 256 },
};

/**
 * VMs are `vm1`, `vm2` and so on; a star's centre is `hub`, counted in its size; a tree is binary with `vm1` as its root.
 * A bus is one network `bus`; all others are links, `link1-2` between `vm1` and `vm2`, `link-hub-1` at a star.
 */
export function topologyParts(topology: Topology, size: number): TopologyParts {
  if (topology === 'star') return linked(['hub', ...numbered(size - 1)], leavesOf(size));
  const names = numbered(size);
  if (topology === 'bus') return { vms: new Map(names.map((name) => [name, ['bus']])), networks: new Map([['bus', null]]) };
  return linked(names, pairs[topology](size));
}

type Pairs = (size: number) => [number, number][];

/** The joined pairs of VMs, by number from 1. */
const pairs: Readonly<Record<Exclude<Topology, 'star' | 'bus'>, Pairs>> = {
  linear: (size) => range(2, size).map((end) => [end - 1, end]),
  ring: (size) => range(1, size).map((start) => [start, (start % size) + 1]),
  mesh: (size) => range(1, size).flatMap((start) => range(start + 1, size).map((end): [number, number] => [start, end])),
  tree: (size) => range(2, size).map((child) => [Math.floor(child / 2), child]),
};

/** Number 1 is the hub, so the leaf `vm1` is number 2. */
const leavesOf: Pairs = (size) => range(2, size).map((leaf) => [1, leaf]);

function linked(names: readonly string[], joins: readonly [number, number][]): TopologyParts {
  const vms = new Map(names.map((name): [string, string[]] => [name, []]));
  const networks: TopologyParts['networks'] = new Map();
  for (const [from, to] of joins) {
    const [one, other] = [names[from - 1] ?? '', names[to - 1] ?? ''];
    const network = one === 'hub' ? `link-hub-${to - 1}` : `link${from}-${to}`;
    networks.set(network, [attach(vms, one, network), attach(vms, other, network)]);
  }
  return { vms, networks };
}

/** Gives the VM its next NIC and returns its name. */
function attach(vms: Map<string, string[]>, vm: string, network: string): string {
  const nics = vms.get(vm) ?? [];
  nics.push(network);
  return `${vm}.eth${nics.length - 1}`;
}

function numbered(count: number): string[] {
  return range(1, count).map((number) => `vm${number}`);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
