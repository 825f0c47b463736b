/** Labels (`external_ids`) on the driver's objects in Open vSwitch, and their parsing. */
import type { OvsBridge, OvsInterface, OvsPort } from '../../../tools/ovs-vsctl.ts';
import type { PortState } from './state.ts';

export const controllerLabel = 'croft-controller';

/** A port of this controller on any bridge. */
export function ownPorts(state: PortState, controllerId: string): OvsPort[] {
  return state.ovs.ports.filter((port) => port.labels[controllerLabel] === controllerId);
}

/** The bridge that a port is on. */
export function bridgeOf(state: PortState, port: OvsPort): OvsBridge | null {
  return state.ovs.bridges.find((bridge) => bridge.ports.includes(port.uuid)) ?? null;
}

/** The only interface of a port; null for a bond. */
export function interfaceOf(state: PortState, port: OvsPort): OvsInterface | null {
  return port.interfaces.length === 1 ? (state.ovs.interfaces.find((one) => one.uuid === port.interfaces[0]) ?? null) : null;
}
