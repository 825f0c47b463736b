/** The disks, CD-ROMs and NICs of a VM in libvirt's domain XML; pure. */
import { createHash } from 'node:crypto';
import type { PortPlan, VmLaunch } from '../../../model/node/plan.ts';
import { bootPlace } from '../../../model/vm/boot-order.ts';
import { tapName } from '../../network/names.ts';
import type { NodeAbilities, NodeLayout } from '../driver.ts';
import { type CdRom, cdRoms, type VmDisk, vmDisks } from '../vm-folder/disks.ts';
import { type Xml, xml } from './xml.ts';

/** libvirt accepts device names from users when they begin with this prefix. */
export const nicAlias = (nicId: string): string => `ua-nic-${nicId}`;
export const networkAlias = 'ua-network';
export const diskAlias = (node: string): string => `ua-${node}`;

/** All disks in their order, then the CD-ROMs. Throws `vm.launch` where they cannot be made. */
export function diskElements(layout: NodeLayout, vm: VmLaunch): Xml[] {
  const disks = vmDisks(layout, vm).map((disk, index) => diskElement(disk, index));
  return [...disks, ...cdRoms(layout, vm).map(cdRomElement)];
}

/** `place` counts virtio disks from 0. Blocks that a guest discards, or overwrites with zeros, are returned to the node. */
export function diskElement(disk: VmDisk, place: number): Xml {
  return xml(
    'disk',
    { type: 'file', device: 'disk' },
    xml('driver', { name: 'qemu', type: 'qcow2', discard: 'unmap', detect_zeroes: 'unmap' }),
    xml('source', { file: disk.file }),
    xml('target', { dev: virtioName(place), bus: 'virtio' }),
    disk.bootIndex === null ? null : xml('boot', { order: disk.bootIndex }),
    disk.serial === null ? null : xml('serial', {}, disk.serial),
    xml('alias', { name: diskAlias(disk.node) }),
  );
}

/** A virtio disk's name in the domain; guests may give it another. */
export function virtioName(place: number): string {
  return `vd${letters(place)}`;
}

/** a … z, aa, ab and so on. */
function letters(place: number): string {
  const last = String.fromCharCode(97 + (place % 26));
  return place < 26 ? last : letters(Math.floor(place / 26) - 1) + last;
}

/** The IDE controller's places in libvirt's names: hda and hdb on its first channel, hdc and hdd on its second. */
function cdRomElement({ file, place: { channel, unit }, bootIndex }: CdRom): Xml {
  return xml(
    'disk',
    { type: 'file', device: 'cdrom' },
    xml('driver', { name: 'qemu', type: 'raw' }),
    xml('source', { file }),
    xml('target', { dev: `hd${letters(channel * 2 + unit)}`, bus: 'ide' }),
    xml('readonly'),
    bootIndex === null ? null : xml('boot', { order: bootIndex }),
  );
}

const off = { csum: 'off', tso4: 'off', tso6: 'off', ecn: 'off', ufo: 'off' };

/**
 * A NIC on the tap that the network driver has made: libvirt opens the tap and never removes it. The userspace datapath does not complete
 * checksums and does not cut segments, so a guest must not offload this work.
 */
export function nicElement(vm: VmLaunch, port: PortPlan, { datapath }: NodeAbilities): Xml {
  const bootIndex = bootPlace(vm, port.nicId);
  const withoutOffloads = port.model === 'virtio' && datapath === 'netdev';
  return xml(
    'interface',
    { type: 'ethernet' },
    xml('mac', { address: port.mac }),
    xml('target', { dev: tapName(port.nicId), managed: 'no' }),
    xml('model', { type: port.model }),
    withoutOffloads ? xml('driver', {}, xml('host', { ...off, gso: 'off' }), xml('guest', off)) : null,
    bootIndex === null ? xml('rom', { enabled: 'no' }) : xml('boot', { order: bootIndex }),
    xml('alias', { name: nicAlias(port.nicId) }),
  );
}

/** The NIC in libvirt's own network, isolated from the NICs of other VMs there: all slices share this network. */
export function networkElement(vmId: string, network: string): Xml {
  const digest = createHash('sha256').update(`libvirt-network\0${vmId}`).digest('hex');
  const address = ['0e', ...(digest.slice(0, 10).match(/../g) ?? [])].join(':');
  return xml(
    'interface',
    { type: 'network' },
    xml('mac', { address }),
    xml('source', { network }),
    xml('model', { type: 'virtio' }),
    xml('port', { isolated: 'yes' }),
    xml('rom', { enabled: 'no' }),
    xml('alias', { name: networkAlias }),
  );
}
