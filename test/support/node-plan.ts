/** What a pass wants of a node, sees there and plans, for tests of the plan: all as wanted but for what the test names. */

import type { ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import type { ObservedNetwork, ObservedUnderlay } from '../../src/drivers/network/driver.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { type PortPlan, planHash, type VmLaunch, type WantedOnNode, type WantedVm } from '../../src/model/node/plan.ts';
import { type NodePlan, type PlanInput, planNode } from '../../src/reconciler/plan.ts';
import { port as builtPort, wantedVm as builtVm, launch, launchImage } from './vm.ts';

export const now = 1_000_000;
export const underlay = underlayOf({ bridge: 'br-croft', uplink: 'eth1' });
export const joined: ObservedUnderlay = { healthy: true, faults: [], hash: planHash(underlay) };

export const port = (nicId: string, vmId: string): PortPlan => builtPort({ nicId, vmId });

export function launchOf(id: string, rest: Partial<VmLaunch> = {}): VmLaunch {
  return launch({ id, hostname: id, image: launchImage({ sha256: 'f', format: 'qcow2' }), ports: [port(`n-${id}`, id)], ...rest });
}

export function wantedVm(id: string, rest: Partial<WantedVm> = {}): WantedVm {
  return builtVm({ launch: launchOf(id), label: `s/${id}`, generation: 3, ...rest });
}

export function seenVm(vm: WantedVm, rest: Partial<ObservedVm> = {}): ObservedVm {
  const process = { pid: 7, startedAt: now - 5, memory: vm.launch.memory };
  return { id: vm.launch.id, state: 'running', ...process, launchHash: planHash(vm.launch), exitCode: null, ...rest };
}

export function seenPorts(...vms: WantedVm[]): ObservedNetwork {
  const ports = vms.flatMap(({ launch }) => launch.ports);
  return {
    underlay: joined,
    routers: [],
    ports: ports.map((plan) => ({ name: `t-${plan.nicId}`, nicId: plan.nicId, vmId: plan.vmId, healthy: true, hash: planHash(plan) })),
  };
}

export const nothing: WantedOnNode = { underlay, vms: [], routers: [], arriving: [], leftovers: [], abandoned: [], images: [] };

export function plan(
  vms: WantedVm[],
  seen: ObservedVm[],
  network: ObservedNetwork = seenPorts(...vms),
  rest: Partial<PlanInput> = {},
): NodePlan {
  return planNode({
    wanted: { ...nothing, vms },
    observed: { vms: seen, network, images: [], arrivals: [] },
    running: new Map(),
    unreadable: new Map(),
    can: new Set(),
    busy: new Set(),
    postponedImages: new Set(),
    postponedMoves: new Map(),
    moveSlots: 2,
    now,
    ...rest,
  });
}

export const kinds = (result: NodePlan): string[] => result.steps.map(({ kind }) => kind);
