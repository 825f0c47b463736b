/** Judges the state that was read of an illumos node: whether its VMs can be joined, and which of their links are as planned. Pure. */
import type { TrunkPlan } from '../../../model/network/underlay.ts';
import { type PortPlan, planHash } from '../../../model/node/plan.ts';
import { protection, type Vnic } from '../../../tools/dladm.ts';
import type { NodeLayout } from '../../hypervisor/driver.ts';
import type { ObservedNetwork, ObservedPort } from '../driver.ts';
import { etherstubName, nicOfVnic } from '../names.ts';
import { observedTrunk } from '../underlay-record.ts';
import type { VnicState } from './state.ts';

/** The link that VMs' links are made over. */
export function linkBelow({ uplink, controllerId }: Pick<NodeLayout, 'uplink' | 'controllerId'>): string {
  return uplink ?? etherstubName(controllerId);
}

export function judgeVnics(layout: NodeLayout, state: VnicState): ObservedNetwork {
  return {
    underlay: observedTrunk(state.underlay, (plan) => underlayFaults(layout, state, plan)),
    ports: state.vnics.flatMap((vnic) => judgeVnic(layout, state, vnic)),
    routers: [],
  };
}

function underlayFaults({ controllerId }: NodeLayout, { classes }: VnicState, plan: TrunkPlan): string[] {
  const below = linkBelow({ controllerId, uplink: plan.uplink });
  return classes.has(below) ? [] : [`there is no link ${below}`];
}

/** Empty where the link does not belong to this controller. */
function judgeVnic(layout: NodeLayout, state: VnicState, vnic: Vnic): ObservedPort[] {
  const nicId = nicOfVnic(layout.controllerId, vnic.name);
  if (nicId === null) return [];
  const plan = state.plans.get(vnic.name);
  if (plan === undefined) return [{ name: vnic.name, nicId, vmId: '', healthy: false, hash: null }];
  const healthy = isSameDevice(layout, vnic, plan) && isProtected(vnic, plan);
  return [{ name: vnic.name, nicId, vmId: plan.vmId, healthy, hash: planHash(plan) }];
}

/** Whether the link can stay, with at most other properties: the rest of a link is set at its creation. */
export function isSameDevice(layout: NodeLayout, vnic: Vnic, { mac, segment }: PortPlan): boolean {
  return vnic.over === linkBelow(layout) && vnic.mac === mac.toLowerCase() && vnic.vlan === segment;
}

/** Where the network has no DHCP, the address that the VM may have; otherwise the kernel learns the address from the server's answer. */
export function allowedAddress({ dhcp, address }: PortPlan): string | null {
  return dhcp ? null : address;
}

function isProtected(vnic: Vnic, plan: PortPlan): boolean {
  const address = allowedAddress(plan);
  return vnic.protection.join() === protection.join() && vnic.allowedAddresses.join() === (address === null ? '' : `${address}/32`);
}
