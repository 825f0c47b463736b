/** Nodes, VMs and slices for tests of the scheduler. */

import { usualTraits } from '../../src/model/image/definition.ts';
import type { Image } from '../../src/model/image/image.ts';
import { type Node, type NodeConfigInput, type NodeObserved, type NodeSpecs, nodeConfigSchema } from '../../src/model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../../src/model/placement/assignment.ts';
import { demandOf } from '../../src/model/placement/capacity.ts';
import { type Affinity, anywhere, type SlicePlacement, usualPlacement, type VmPlacement } from '../../src/model/placement/placement.ts';
import type { Slice, VmSpec } from '../../src/model/slice/slice.ts';
import { gibibyte, mebibyte } from '../../src/model/vm/flavor.ts';
import { vmSpec } from './vm.ts';

export const micro: Image = {
  ...{ id: 'i', name: 'micro', traits: usualTraits, origin: null, prepull: [], createdAt: 0 },
  content: { sha256: 'a'.repeat(64), format: 'qcow2', size: 1, virtualSize: 1 },
};

type NodeSample = Partial<NodeObserved> &
  Partial<Pick<NodeSpecs, 'cpus' | 'memory' | 'architecture' | 'firmwares' | 'hypervisors' | 'hypervisor'>> &
  Partial<Pick<Node, 'administration'>>;

/** Its identifier is `id-NAME`; overcommit is 1 for both. */
export function node(name: string, sample: NodeSample = {}, config: Partial<NodeConfigInput> = {}): Node {
  const {
    cpus = 4,
    memory = 4 * gibibyte,
    architecture = 'x86_64',
    firmwares = ['bios'],
    hypervisors = ['qemu'],
    hypervisor,
    ...rest
  } = sample;
  const { administration = 'active', ...observed } = rest;
  const specs: NodeSpecs = {
    ...{ architecture, kernel: '6.1', operatingSystem: 'Debian', bootId: 'b', cpus, memory, memoryAvailable: memory },
    ...{ disk: 100 * gibibyte, diskFree: 100 * gibibyte, diskForeign: 0, load: 0, accelerator: { kind: 'tcg', reason: '' }, tools: {} },
    ...{ firmwares, hypervisors, datapath: 'netdev', ...(hypervisor !== undefined && { hypervisor }) },
  };
  return {
    id: `id-${name}`,
    config: nodeConfigSchema.parse({ name, overcommit: { cpus: 1, memory: 1 }, ...config }),
    administration,
    observed: { status: 'ready', reason: null, seenAt: 0, since: 0, specs, images: [], ...observed },
    createdAt: 0,
  };
}

type VmSample = Partial<Omit<PlacementVm, 'spec'>> &
  Partial<Pick<VmSpec, 'cpus' | 'memory' | 'disk' | 'nics' | 'restart' | 'firmware'>> & {
    placement?: Partial<VmPlacement>;
  };

/** In slice `s` unless it says so; 256 MiB, 1 CPU, restarted always. */
export function vm(id: string, sample: VmSample = {}): PlacementVm {
  const {
    cpus = 1,
    memory = 256 * mebibyte,
    disk = null,
    restart = 'always',
    firmware = null,
    nics = [],
    placement = {},
    ...rest
  } = sample;
  const spec = vmSpec({ name: rest.name ?? id, cpus, memory, disk, nics, restart, firmware, placement: { ...anywhere, ...placement } });
  return {
    ...{ id, sliceId: 's', slice: 's', name: id, spec, desired: 'running', imageId: 'i', nodeId: null, pendingReason: null },
    ...{
      movingTo: null,
      stayReason: null,
      createdAt: 0,
      volumes: [],
      memoryHeld: null,
      impaired: false,
      demand: demandOf(spec, () => null),
    },
    ...rest,
  };
}

export const required = (...names: string[]): Affinity => ({ required: names, preferred: [] });
export const preferred = (...names: string[]): Affinity => ({ required: [], preferred: names });

export function slice(id: string, routerNodeId: string | null = null, placement: Partial<SlicePlacement> = {}): Slice {
  const spec = { name: id, placement: { ...usualPlacement, ...placement }, networks: [], vms: [] };
  return { id, name: id, spec, generation: 1, desired: 'running', transit: 0, routerNodeId, routerReason: null, createdAt: 0 };
}

/** Every slice needs a router. */
export function snapshot(nodes: readonly Node[], vms: readonly PlacementVm[], slices: readonly Slice[] = []): PlacementSnapshot {
  return {
    nodes,
    vms,
    slices,
    routed: new Set(slices.map(({ id }) => id)),
    images: new Map([[micro.id, micro]]),
    fetchFailures: new Map(),
    cursor: null,
  };
}

export const options = { now: 1_000_000, routerGrace: 60_000, policy: 'spread' } as const;
