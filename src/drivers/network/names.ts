/** Names and labels of the network driver's objects on a node; the owner can be read back from each. */
import { createHash } from 'node:crypto';
import { shortHash } from '../../model/identifier.ts';

/** An interface name has at most 15 bytes; two letters and 12 of a hash make 14. */
const hashLength = 12;

/** The tap of a VM's NIC, on the node. */
export function tapName(nicId: string): string {
  return `ct${shortHash(hashLength, nicId)}`;
}

/**
 * A VM's virtual NIC on illumos, where names have up to 31 bytes, of letters, digits and underscores, and end with a number (dladm(8)).
 * The name is the only mark of a link there, so it encodes the VM, and is unique to the controller.
 */
export function vnicName(controllerId: string, nicId: string): string {
  return `ct_${controllerId}_${nicId}_0`;
}

/** The NIC encoded in a link's name of this controller; null for any other name. */
export function nicOfVnic(controllerId: string, name: string): string | null {
  const nicId = /^ct_([a-z2-7]+)_([a-z2-7]+)_0$/.exec(name)?.[2];
  return nicId !== undefined && name === vnicName(controllerId, nicId) ? nicId : null;
}

/** The virtual switch that joins the VMs of an illumos node without an uplink. */
export function etherstubName(controllerId: string): string {
  return `cs_${controllerId}_0`;
}

/** The end of a router's link that is a port of the bridge. */
export function routerPortName(networkId: string): string {
  return `cr${shortHash(hashLength, networkId)}`;
}

/** The end of the same link that is inside the router and bears the gateway's address. */
export function gatewayName(networkId: string): string {
  return `cg${shortHash(hashLength, networkId)}`;
}

/** The MAC of a network's gateway: the same wherever and whenever its router is made, so that guests' ARP caches stay valid. */
export function gatewayMac(networkId: string): string {
  const digest = createHash('sha256').update(`gateway\0${networkId}`).digest('hex');
  return `0a:${(digest.slice(0, 10).match(/../g) ?? []).join(':')}`;
}

/** The node's end of the link between the node and a router. */
export function transitName(sliceId: string): string {
  return `cx${shortHash(hashLength, sliceId)}`;
}

/** The router's end of that link; alone in its namespace, so it needs no hash. */
export const transitInside = 'transit';

export function namespaceName(controllerId: string, sliceId: string): string {
  return `croft-${controllerId}-${sliceId}`;
}

/** The nft table of a slice, by this name in the node's own namespace and in the router's. */
export function sliceTableName(controllerId: string, sliceId: string): string {
  return `croft_${controllerId}_${sliceId}`;
}

/** The nft table that shields the node's own IP stack from frames on ports. */
export function guardTableName(controllerId: string): string {
  return `croft_${controllerId}`;
}

/** The interface group of interfaces that are removed together; 31 bits of a hash, so that no others are in it. */
export function removalGroup(names: readonly string[]): number {
  return (
    createHash('sha256')
      .update(`removal\0${names.join('\0')}`)
      .digest()
      .readUInt32BE() >>> 1
  );
}

/** The slice encoded in a namespace or table name of this controller; null for any other name. */
export function sliceOfName(controllerId: string, name: string): string | null {
  const [, , controller, slice] = /^croft([-_])([a-z2-7]+)\1([a-z2-7]+)$/.exec(name) ?? [];
  return controller === controllerId && slice !== undefined ? slice : null;
}

/** The purpose of an interface, as encoded in its alias. */
export type InterfaceLabel =
  | { kind: 'port'; vmId: string; nicId: string }
  | { kind: 'router'; sliceId: string; networkId: string }
  | { kind: 'transit'; sliceId: string };

/** The alias (`ip link … alias`) that marks an interface as this controller's. */
export function interfaceAlias(controllerId: string, label: InterfaceLabel): string {
  const prefix = `croft:${controllerId}:${label.kind}`;
  if (label.kind === 'port') return `${prefix}:${label.vmId}:${label.nicId}`;
  if (label.kind === 'router') return `${prefix}:${label.sliceId}:${label.networkId}`;
  return `${prefix}:${label.sliceId}`;
}

/** Reads an alias; null where it does not belong to this controller. */
export function readInterfaceAlias(controllerId: string, alias: string): InterfaceLabel | null {
  const [croft, controller, kind, first, second, ...rest] = alias.split(':');
  if (croft !== 'croft' || controller !== controllerId || first === undefined || rest.length > 0) return null;
  if (kind === 'transit' && second === undefined) return { kind, sliceId: first };
  if (second === undefined) return null;
  if (kind === 'port') return { kind, vmId: first, nicId: second };
  return kind === 'router' ? { kind, sliceId: first, networkId: second } : null;
}
