/** The nodes of the noop driver and the VMs on them, in memory: the ground truth for all drivers. */
import type { Duplex } from 'node:stream';
import { planHash, type VmLaunch } from '../../../model/node/plan.ts';
import type { DriverEvent, NodeLayout, ObservedSnapshot, ObservedVm } from '../driver.ts';
import type { VmParts } from '../vm-folder/parts.ts';

export interface NoopSnapshot extends ObservedSnapshot {
  /** The disk's number at that time. */
  disk: number;
  size: number;
  /** The launch that the memory belongs to; null without memory. */
  parts: VmParts | null;
}

export interface NoopVm {
  label: string;
  launch: VmLaunch;
  seen: ObservedVm;
  /** The content of its disk, as a number: a copy has the same number, a recreated disk has another. */
  disk: number;
  /** Bytes of its first disk. */
  size: number;
  snapshots: NoopSnapshot[];
  log: string;
  consoleTaken: boolean;
  /** Open consoles and screens; they end with the VM. */
  streams: Set<Duplex>;
}

export type NodeListener = (event: DriverEvent) => void;

export interface NoopNode {
  vms: Map<string, NoopVm>;
  arrivals: Set<string>;
  listeners: Set<NodeListener>;
}

export interface NoopWorld {
  /** By state folder, which ends with the controller's identifier: so another controller's state is another node here. */
  nodes: Map<string, NoopNode>;
  /** VMs whose guests ignore their power button. */
  deaf: Set<string>;
  lastPid: number;
  lastDisk: number;
}

export function createNoopWorld(): NoopWorld {
  return { nodes: new Map(), deaf: new Set(), lastPid: 1000, lastDisk: 0 };
}

export function nodeOf({ nodes }: NoopWorld, { stateFolder }: NodeLayout): NoopNode {
  const known = nodes.get(stateFolder);
  if (known !== undefined) return known;
  const node: NoopNode = { vms: new Map(), arrivals: new Set(), listeners: new Set() };
  nodes.set(stateFolder, node);
  return node;
}

export function newDisk(world: NoopWorld): number {
  world.lastDisk += 1;
  return world.lastDisk;
}

/** Bytes of the first disk that a launch asks for. */
export function diskSize({ disk, image }: VmLaunch): number {
  return Math.max(disk ?? 0, image.size);
}

/** Replaces the observation of a VM; omitted fields are as of a VM that does not run. */
export function show(vm: NoopVm, changes: Partial<ObservedVm> & Pick<ObservedVm, 'state'>): void {
  const { id, launchHash } = vm.seen;
  vm.seen = { id, launchHash, pid: null, startedAt: null, memory: null, exitCode: null, ...changes };
  if (!runs(vm)) hangUp(vm);
}

/** Ends its consoles and screens, as the end of its process does. */
export function hangUp({ streams }: NoopVm): void {
  for (const stream of streams) stream.push(null);
  streams.clear();
}

/** The VM's state after its start. */
export function run(world: NoopWorld, vm: NoopVm, now: number): void {
  world.lastPid += 1;
  const { launch } = vm;
  show(vm, { state: 'running', pid: world.lastPid, startedAt: now, memory: launch.memory, launchHash: planHash(launch) });
  vm.log += `${launch.hostname} is up\n`;
}

type RunningVm = NoopVm & { seen: { state: 'running' | 'paused' } };

export function runs(vm: NoopVm | undefined): vm is RunningVm {
  return vm?.seen.state === 'running' || vm?.seen.state === 'paused';
}

/**
 * The launch that a running VM is made from has changed, and the VM is identified by the new one. Memory that its guest returns may be
 * taken again.
 */
export function adopt(vm: NoopVm, how: (launch: VmLaunch) => VmLaunch): void {
  vm.launch = how(vm.launch);
  vm.seen = { ...vm.seen, launchHash: planHash(vm.launch), memory: Math.max(vm.seen.memory ?? 0, vm.launch.memory) };
}
