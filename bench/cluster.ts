/** A made-up cluster with slices that wait for their places: several sizes, pools, labels, and VMs that must be apart. */

import { usualTraits } from '../src/model/image/definition.ts';
import type { Image } from '../src/model/image/image.ts';
import { type Node, nodeConfigSchema } from '../src/model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../src/model/placement/assignment.ts';
import { demandOf } from '../src/model/placement/capacity.ts';
import { anywhere, type VmPlacement } from '../src/model/placement/placement.ts';
import { gibibyte, initialFlavors } from '../src/model/vm/flavor.ts';
import { vmSpec } from '../test/support/vm.ts';

const vmsPerNode = 10;
const vmsPerSlice = 10;

const image: Image = {
  ...{ id: 'image', name: 'debian', traits: usualTraits, origin: null, prepull: [], createdAt: 0 },
  content: { sha256: 'a'.repeat(64), format: 'qcow2', size: gibibyte, virtualSize: 2 * gibibyte },
};

export function cluster(nodeCount: number): PlacementSnapshot {
  return {
    nodes: Array.from({ length: nodeCount }, (_, index) => node(index)),
    vms: Array.from({ length: nodeCount * vmsPerNode }, (_, index) => vm(index)),
    ...{ slices: [], routed: new Set(), images: new Map([[image.id, image]]), fetchFailures: new Map(), cursor: null },
  };
}

/** Of four pools and two sizes; every third has slow disks, every other one the image already. */
function node(index: number): Node {
  const memory = (index % 2 === 0 ? 32 : 64) * gibibyte;
  const labels = { disk: index % 3 === 0 ? 'hdd' : 'ssd', rack: `r${index % 40}` };
  return {
    id: `node-${index}`,
    config: nodeConfigSchema.parse({ name: `n${index}`, pool: `pool-${index % 4}`, labels }),
    ...{ administration: 'active', createdAt: 0 },
    observed: {
      ...{ status: 'ready', reason: null, seenAt: 0, since: 0, images: index % 2 === 0 ? ['a'.repeat(64)] : [] },
      specs: {
        ...{ architecture: 'x86_64', kernel: '6.1', operatingSystem: 'Debian', bootId: '', cpus: 16, memory, memoryAvailable: memory },
        ...{
          disk: 2048 * gibibyte,
          diskFree: 2048 * gibibyte,
          diskForeign: 0,
          load: 0,
          accelerator: { kind: 'kvm', reason: '' },
          tools: {},
        },
        ...{ firmwares: ['bios', 'uefi'], hypervisors: ['qemu'], datapath: 'system' },
      },
    },
  };
}

/** The first three VMs of a slice must be apart; of the slices each fifth asks for a pool, each seventh for a label, each eleventh is urgent. */
function vm(index: number): PlacementVm {
  const [slice, number] = [Math.floor(index / vmsPerSlice), index % vmsPerSlice];
  const { cpus, memory, disk } = initialFlavors[index % initialFlavors.length] ?? { cpus: 1, memory: gibibyte, disk: null };
  const apart = number < 3 ? ['vm0', 'vm1', 'vm2'].filter((name) => name !== `vm${number}`) : [];
  const placement: VmPlacement = {
    ...anywhere,
    priority: slice % 11 === 0 ? 10 : 0,
    pools: slice % 5 === 0 ? [`pool-${slice % 4}`] : [],
    labels: slice % 7 === 0 ? { disk: 'ssd' } : {},
    antiAffinity: { required: apart, preferred: [] },
  };
  const spec = vmSpec({ name: `vm${number}`, image: image.name, cpus, memory, disk, restart: 'always', placement });
  return {
    ...{ id: `vm-${index}`, sliceId: `slice-${slice}`, slice: `slice-${slice}`, name: spec.name, spec, desired: 'running' },
    ...{
      imageId: image.id,
      nodeId: null,
      pendingReason: null,
      movingTo: null,
      stayReason: null,
      createdAt: slice,
      volumes: [],
      impaired: false,
      memoryHeld: null,
      demand: demandOf(spec, () => image.content),
    },
  };
}
