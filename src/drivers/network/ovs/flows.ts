/** OpenFlow rules on ports: the permitted senders and frames. */
import { createHash } from 'node:crypto';
import type { PortPlan } from '../../../model/node/plan.ts';

/** Bits of a cookie that identify the port; the bits above identify the controller. */
const portBits = 32n;
const allBits = (1n << 64n) - 1n;
const portMask = (1n << portBits) - 1n;

function hash32(text: string): bigint {
  return BigInt(createHash('sha256').update(text).digest().readUInt32BE());
}

function controllerCookie(controllerId: string): bigint {
  return hash32(controllerId) << portBits;
}

/** The cookie of all flows of one port. */
export function portCookie(controllerId: string, name: string): bigint {
  return controllerCookie(controllerId) | hash32(name);
}

/** `value/mask` that matches the cookies of this controller's flows. */
export function controllerCookieMatch(controllerId: string): string {
  return `${hex(controllerCookie(controllerId))}/${hex(allBits ^ portMask)}`;
}

/** Removes the flows of a port, and only those. */
export function removalOfPortFlows(controllerId: string, name: string): string {
  return `delete cookie=${hex(portCookie(controllerId, name))}/-1`;
}

/** The number of flows that `guestPortFlows` makes. */
export const guestPortFlowCount = 5;

/**
 * A VM may send IPv4 from its own MAC and address, ARP with no other sender, and requests to a DHCP server. Everything else is dropped:
 * other senders, answers of a DHCP server, IPv6 (networks are IPv4 only).
 */
export function guestPortFlows(controllerId: string, name: string, plan: Pick<PortPlan, 'mac' | 'address'>): string[] {
  const { mac, address } = plan;
  return flowLines(controllerId, name, [
    { priority: 1030, match: 'udp,tp_src=67', actions: 'drop' },
    { priority: 1020, match: `ip,dl_src=${mac},nw_src=${address}`, actions: 'NORMAL' },
    { priority: 1020, match: `arp,dl_src=${mac},arp_sha=${mac},arp_spa=${address}`, actions: 'NORMAL' },
    { priority: 1020, match: `udp,dl_src=${mac},nw_src=0.0.0.0,nw_dst=255.255.255.255,tp_src=68,tp_dst=67`, actions: 'NORMAL' },
    { priority: 1010, match: '', actions: 'drop' },
  ]);
}

/** The number of flows that `trustedPortFlows` makes. */
export const trustedPortFlowCount = 1;

/** A router's port or the uplink may send anything. */
export function trustedPortFlows(controllerId: string, name: string): string[] {
  return flowLines(controllerId, name, [{ priority: 10, match: '', actions: 'NORMAL' }]);
}

function flowLines(controllerId: string, name: string, flows: { priority: number; match: string; actions: string }[]): string[] {
  const cookie = hex(portCookie(controllerId, name));
  return [
    removalOfPortFlows(controllerId, name),
    ...flows.map(({ priority, match, actions }) => {
      const fields = [`cookie=${cookie}`, `priority=${priority}`, `in_port=${name}`, ...(match === '' ? [] : [match])];
      return `add ${fields.join(',')},actions=${actions}`;
    }),
  ];
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
