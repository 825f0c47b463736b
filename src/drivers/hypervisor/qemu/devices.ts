/** QEMU's devices as option objects, and as words of a command line: how QEMU receives a VM's disks and CD-ROMs. Pure. */
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeLayout } from '../driver.ts';
import { type CdRom, cdRoms, type VmDisk, vmDisks } from '../vm-folder/disks.ts';
import type { Machine } from '../vm-folder/machine.ts';

/** The first key is the driver. */
export type Device = { driver: string; id: string } & Record<string, string | number | boolean>;

/** Gives a device its place on the PCI bus. */
export type Placed = (device: Device) => Device;

/** As in the given machine; by default QEMU takes the first free place. */
export function placedBy(machine: Machine | null): Placed {
  return (device) => {
    const slot = machine?.places[device.id];
    return slot === undefined ? device : { ...device, addr: `0x${slot.toString(16)}` };
  };
}

/** The words in the order of the keys: the first key is the type, whose name may be left out. */
export function deviceWords(options: Record<string, unknown>): string {
  const entries = Object.entries(options).map(([key, value]) => `${key}=${value === false ? 'off' : value}`);
  return entries.join(',').replace(/^\w+=/, '');
}

/** QEMU's arguments. A VM of an ISO image boots from its own disk once the disk is bootable, and from the CD-ROM until then. */
export function diskArguments(layout: NodeLayout, vm: VmLaunch, placed: Placed = placedBy(null)): string[] {
  const disks = vmDisks(layout, vm).flatMap((disk) => {
    return ['-blockdev', JSON.stringify(blockNode(disk)), '-device', deviceWords(placed(diskDevice(disk)))];
  });
  return [...disks, ...cdRoms(layout, vm).flatMap(cdRom)];
}

export function diskDevice({ node, serial, bootIndex }: VmDisk): Device {
  const place = bootIndex === null ? {} : { bootindex: bootIndex };
  return { driver: 'virtio-blk-pci', id: node, drive: node, ...place, ...(serial === null ? {} : { serial }) };
}

/** Blocks that a guest discards, or overwrites with zeros, are returned to the node. */
export function blockNode({ node, file }: VmDisk): Record<string, unknown> {
  const options = { 'node-name': node, driver: 'qcow2', discard: 'unmap', 'detect-zeroes': 'unmap' };
  return { ...options, file: { driver: 'file', filename: file, discard: 'unmap' } };
}

function cdRom({ name, file, place, bootIndex }: CdRom): string[] {
  const bootPlace = bootIndex === null ? '' : `,bootindex=${bootIndex}`;
  const access = { 'read-only': true };
  return [
    ...['-blockdev', JSON.stringify({ 'node-name': name, driver: 'raw', ...access, file: { driver: 'file', filename: file, ...access } })],
    ...['-device', `ide-cd,drive=${name},bus=ide.${place.channel},unit=${place.unit}${bootPlace}`],
  ];
}
