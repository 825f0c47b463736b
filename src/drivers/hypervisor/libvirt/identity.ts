/** The identity of a VM in libvirt: a domain whose name and UUID follow from the VM's, and whose metadata name its owner. */
import { createHash } from 'node:crypto';
import { identifierPattern } from '../../../model/identifier.ts';
import type { NodeLayout } from '../driver.ts';
import { readXml, type Xml, xml } from './xml.ts';

/** Namespace of the metadata; there is no document at this address. */
export const metadataNamespace = 'urn:croft:vm:1';

/** Settings of libvirt on a node. */
export interface LibvirtOptions {
  /** virsh's connection address on the node. */
  uri: string;
  /** One of libvirt's own networks in which each VM gets an additional NIC; a stopped network is started. Null for none. */
  network: string | null;
}

/**
 * A domain is named by its VM's identifier: so libvirt gives its process exactly the name and, by the domain's label, exactly the user by
 * which Croft recognises the VM's process (see `processName`).
 */
export function domainName(vmId: string): string {
  return vmId;
}

/** An UUID of version 8, made from the controller's and the VM's identifiers. */
export function domainUuid({ controllerId }: NodeLayout, vmId: string): string {
  const digest = createHash('sha256').update(`domain\0${controllerId}\0${vmId}`).digest('hex');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(18, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

export interface DomainMark {
  controllerId: string;
  vmId: string;
}

export function domainMetadata({ controllerId }: NodeLayout, vmId: string): Xml {
  const owner = xml('croft:vm', { controller: controllerId, id: vmId });
  return xml('metadata', {}, { ...owner, namespace: metadataNamespace });
}

/** The text that a domain's metadata contain exactly where the domain is that VM of this controller. */
export function ownMark({ controllerId }: NodeLayout, vmId: string): string {
  return ` controller="${controllerId}" id="${vmId}"`;
}

/** Reads the output of `virsh metadata`; null where the domain does not belong to this controller. */
export function readMetadata(text: string): DomainMark | null {
  const { controller, id } = readXml(text).attributes;
  return controller !== undefined && id !== undefined && identifierPattern.test(id) ? { controllerId: controller, vmId: id } : null;
}
