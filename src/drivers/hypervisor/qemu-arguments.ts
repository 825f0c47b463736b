/** The command line of a VM's QEMU; pure, and free of text that users wrote. */
import { CroftError } from '../../model/error.ts';
import type { PortPlan, VmLaunch } from '../../model/node-plan.ts';
import type { NicModel } from '../../model/slice.ts';
import { tapName } from '../network/names.ts';
import type { NodeAbilities, NodeLayout } from './driver.ts';
import { processName, vmFolders } from './identity.ts';
import { diskArguments } from './qemu-disks.ts';
import { machineArguments } from './qemu-firmware.ts';

/** In MiB. QEMU's own limit is a gigabyte or a quarter of the memory for each VM, too much where many share a node. */
const translationBuffer = 64;

const nicDevices: Record<NicModel, string> = { virtio: 'virtio-net-pci', e1000: 'e1000', rtl8139: 'rtl8139' };

/** The userspace datapath does not complete checksums and does not cut segments: what a guest leaves to it would arrive broken. */
const withoutOffloads = [
  ...['csum', 'guest_csum', 'gso'],
  ...['host_tso4', 'host_tso6', 'host_ecn', 'host_ufo'],
  ...['guest_tso4', 'guest_tso6', 'guest_ecn', 'guest_ufo'],
].map((feature) => `,${feature}=off`);

/**
 * Makes QEMU's argv. The machine is `pc`: its IDE CD-ROM is the one that small cloud kernels have a driver for, and the seed
 * must not be a virtio disk, which some guests take for their own.
 * Throws `node.unfit` for an architecture other than x86_64, `vm.launch` for disks that cannot be made.
 */
export function qemuArguments(layout: NodeLayout, vm: VmLaunch, abilities: NodeAbilities): [string, ...string[]] {
  if (abilities.architecture !== 'x86_64') {
    throw new CroftError('node.unfit', `VMs need a node of architecture x86_64, this one is ${abilities.architecture}`);
  }
  const folders = vmFolders(layout, vm.id);
  return [
    'qemu-system-x86_64',
    ...['-name', processName(vm.id)],
    ...['-nodefaults', '-no-user-config'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...machineArguments(vm, folders),
    ...acceleratorArguments(abilities),
    ...['-m', `${Math.ceil(vm.memory / 1024)}K`],
    ...['-smp', String(vm.cpus)],
    ...['-rtc', 'base=utc'],
    ...['-boot', 'strict=on'],
    ...diskArguments(layout, vm),
    ...vm.ports.flatMap((port, index) => portArguments(port, index, abilities)),
    ...['-chardev', `socket,id=qmp,path=${optionValue(folders.qmp)},server=on,wait=off`],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...[
      '-chardev',
      `socket,id=serial,path=${optionValue(folders.serial)},server=on,wait=off,logfile=${optionValue(folders.consoleLog)},logappend=on`,
    ],
    ...['-device', 'isa-serial,chardev=serial'],
    ...['-device', 'VGA'],
    ...['-vnc', `unix:${optionValue(folders.vnc)}`],
    ...['-object', 'rng-builtin,id=rng'],
    ...['-device', 'virtio-rng-pci,rng=rng'],
  ];
}

function acceleratorArguments({ accelerator }: NodeAbilities): string[] {
  return accelerator.kind === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', `tcg,thread=multi,tb-size=${translationBuffer}`, '-cpu', 'max'];
}

/** An empty `romfile` leaves out the network boot ROM, which would cost each start time and memory for nothing. */
function portArguments(port: PortPlan, index: number, abilities: NodeAbilities): string[] {
  const offloads = port.model === 'virtio' && abilities.datapath === 'netdev' ? withoutOffloads.join('') : '';
  return [
    ...['-netdev', `tap,id=net${index},ifname=${tapName(port.nicId)},script=no,downscript=no`],
    ...['-device', `${nicDevices[port.model]},netdev=net${index},mac=${port.mac},romfile=${offloads}`],
  ];
}

/** A value inside one of QEMU's comma-separated options: a comma is written twice. */
function optionValue(value: string): string {
  return value.replaceAll(',', ',,');
}
