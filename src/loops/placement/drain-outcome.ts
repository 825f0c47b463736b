/** Whether the drain of a node has ended, and which VMs then stay there. Pure. */
import type { Node } from '../../model/node/node.ts';
import { takesMore } from '../../model/placement/node-fit.ts';
import type { Slice } from '../../model/slice/slice.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { TaskOutcome } from './task-outcome.ts';

type DrainedVm = Pick<Vm, 'slice' | 'name' | 'nodeId' | 'desired' | 'movingTo' | 'stayReason'>;

export interface DrainState {
  name: string;
  nodes: readonly Node[];
  /** VMs of other nodes too. */
  vms: readonly DrainedVm[];
  slices: readonly Pick<Slice, 'name' | 'routerNodeId'>[];
}

/** Null while a VM still moves, or is yet to be decided on. A VM that can never leave does not prolong the drain, and is named. */
export function drainOutcome({ name, nodes, vms, slices }: DrainState): TaskOutcome | null {
  const node = nodes.find(({ config }) => config.name === name);
  if (node === undefined) return { state: 'done', message: `node ${name} was removed` };
  if (node.administration !== 'draining') return { state: 'failed', message: `node ${name} is in use again` };
  const here = vms.filter(({ nodeId }) => nodeId === node.id);
  const routers = slices.filter(({ routerNodeId }) => routerNodeId === node.id);
  const isReady = node.observed.status === 'ready';
  if (here.some((vm) => isLeaving(vm, isReady))) return null;
  if (routers.length > 0 && nodes.some((other) => takesMore(other, 'network'))) return null;
  const staying = [
    ...here.map((vm) => `${vm.slice}/${vm.name}: ${vm.stayReason ?? 'it is being removed'}`),
    ...routers.map((slice) => `router of ${slice.name}: no other node takes routers now`),
  ];
  return { state: 'done', message: staying.length === 0 ? 'nothing is left on it' : `what stays: ${staying.join('; ')}` };
}

function isLeaving({ desired, movingTo, stayReason }: DrainedVm, nodeIsReady: boolean): boolean {
  return desired === 'absent' ? nodeIsReady : movingTo !== null || stayReason === null;
}
