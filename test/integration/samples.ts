/** Slices, nodes and images for store tests, and the shortest ways to put them into a store. */

import { usualTraits } from '../../src/model/image/definition.ts';
import type { Image } from '../../src/model/image/image.ts';
import { type Node, type NodeConfig, type NodeSpecs, nodeConfigSchema } from '../../src/model/node/node.ts';
import type { Assignment } from '../../src/model/placement/assignment.ts';
import { usualPlacement } from '../../src/model/placement/placement.ts';
import { diffSlice } from '../../src/model/slice/diff.ts';
import type { NetworkSpec, Slice, SliceSpec, VmSpec } from '../../src/model/slice/slice.ts';
import { gibibyte, mebibyte } from '../../src/model/vm/flavor.ts';
import type { Store } from '../../src/store/store.ts';
import { networkSpec as anyNetwork } from '../support/network.ts';
import { vmSpec as anyVm, nicSpec } from '../support/vm.ts';

export function networkSpec(name: string, cidr: string, other: Partial<NetworkSpec> = {}): NetworkSpec {
  return anyNetwork({ name, cidr, ...other });
}

export function vmSpec(name: string, networks: readonly string[], other: Partial<VmSpec> = {}): VmSpec {
  const nics = networks.map((network, index) => nicSpec(network, { name: `eth${index}` }));
  return anyVm({ name, memory: 128 * mebibyte, nics, ...other });
}

/** One network `lan` with `count` VMs `vm1`, `vm2`, … */
export function lanSlice(name: string, count: number, cidr = '10.0.0.0/24'): SliceSpec {
  const vms = Array.from({ length: count }, (_, index) => vmSpec(`vm${index + 1}`, ['lan']));
  return { name, placement: usualPlacement, networks: [networkSpec('lan', cidr)], vms };
}

/** Plans against the slice as it is and commits that. */
export async function apply(store: Store, parts: Omit<SliceSpec, 'placement'> & Partial<SliceSpec>): Promise<Slice> {
  const spec = { placement: usualPlacement, ...parts };
  const current = await store.slices.find(spec.name);
  return await store.slices.commit(diffSlice(current?.spec ?? null, spec, current?.generation ?? null));
}

export function putImage(store: Store, name = 'micro', digit = 'a'): Promise<Image> {
  const content = { sha256: digit.repeat(64), format: 'qcow2' as const, size: 20 * mebibyte, virtualSize: 40 * mebibyte };
  return store.images.put({ name, content, traits: usualTraits, origin: null });
}

export function nodeConfig(name: string, other: Partial<NodeConfig> = {}): NodeConfig {
  return { ...nodeConfigSchema.parse({ name, ssh: { address: `${name}.test` } }), ...other };
}

export function nodeSpecs(cpus: number, memory: number): NodeSpecs {
  return {
    architecture: 'x86_64',
    kernel: '6.1.0',
    operatingSystem: 'Debian GNU/Linux 12',
    bootId: '0c5dd1d2-5a04-4a1a-8e43-3a1f2bb4d8a1',
    cpus,
    memory,
    memoryAvailable: memory,
    disk: 100 * gibibyte,
    diskFree: 90 * gibibyte,
    diskForeign: 0,
    load: 0.5,
    accelerator: { kind: 'tcg', reason: 'slow' },
    tools: { qemu: '7.2.0' },
    datapath: 'netdev',
    firmwares: ['bios'],
    hypervisors: ['qemu'],
  };
}

/** A node that takes VMs and routers. */
export async function addReadyNode(
  store: Store,
  name: string,
  { cpus = 4, memory = 4 * gibibyte, ...config }: Partial<NodeConfig> & { cpus?: number; memory?: number } = {},
): Promise<Node> {
  const node = await store.nodes.add(nodeConfig(name, config));
  const specs = { ...nodeSpecs(cpus, memory), hypervisors: [node.config.hypervisor] };
  await store.nodes.observe(node.id, { status: 'ready', reason: null, seenAt: 5, since: 5, specs, images: [] });
  return await store.nodes.get(name);
}

/** `id` goes to the node `nodeId`, or loses the one that it has. */
export function toNode(kind: 'vm' | 'router', id: string | undefined, nodeId: string | null, from: string | null = null): Assignment {
  const common = { id: id ?? '', from, nodeId, reason: nodeId === null ? 'the node is lost' : null };
  return kind === 'vm' ? { kind, ...common, group: null } : { kind, ...common };
}

/** Of all VMs, in the order of their names. */
export async function ids(store: Store): Promise<string[]> {
  return (await store.vms.list()).map(({ id }) => id);
}
