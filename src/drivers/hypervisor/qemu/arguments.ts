/** The command line of a VM's QEMU; pure, and free of text that users wrote. */
import { CroftError } from '../../../model/error.ts';
import type { NicModel } from '../../../model/network/nic-model.ts';
import type { PortPlan, VmLaunch } from '../../../model/node/plan.ts';
import { bootPlace } from '../../../model/vm/boot-order.ts';
import { tapName } from '../../network/names.ts';
import type { NodeAbilities, NodeLayout } from '../driver.ts';
import { processName, vmFolders } from '../vm-folder/identity.ts';
import { type Machine, mostCpus } from '../vm-folder/machine.ts';
import { type Device, deviceWords, diskArguments, type Placed, placedBy } from './devices.ts';
import { machineArguments } from './firmware.ts';

/** In MiB. QEMU's own limit is a gigabyte or a quarter of the memory for each VM, too much where many VMs share a node. */
const translationBuffer = 64;

const nicDevices: Record<NicModel, string> = { virtio: 'virtio-net-pci', e1000: 'e1000', rtl8139: 'rtl8139' };

/** The userspace datapath does not complete checksums and does not cut segments: work that a guest offloads would arrive broken. */
const withoutOffloads: Record<string, unknown> = Object.fromEntries(
  [
    ...['csum', 'guest_csum', 'gso'],
    ...['host_tso4', 'host_tso6', 'host_ecn', 'host_ufo'],
    ...['guest_tso4', 'guest_tso6', 'guest_ecn', 'guest_ufo'],
  ].map((feature) => [feature, false]),
);

/** A guest cannot suspend itself: it would be down, and no operation on VMs would wake it. */
const sleepless = ['-global', 'PIIX4_PM.disable_s3=1', '-global', 'PIIX4_PM.disable_s4=1'];

/**
 * Builds QEMU's argv; with the configuration of `machine` where that is given. The machine is `pc`: small cloud kernels have a driver for
 * its IDE CD-ROM, and the seed must not be a virtio disk, which some guests take for their own. Throws `node.unfit` for an architecture
 * other than x86_64, `vm.launch` for disks that cannot be made.
 */
export function qemuArguments(
  layout: NodeLayout,
  vm: VmLaunch,
  abilities: NodeAbilities,
  machine: Machine | null = null,
): [string, ...string[]] {
  if (abilities.architecture !== 'x86_64') {
    throw new CroftError('node.unfit', `VMs need a node of architecture x86_64, this one is ${abilities.architecture}`);
  }
  const folders = vmFolders(layout, vm.id);
  const placed = placedBy(machine);
  return [
    'qemu-system-x86_64',
    ...['-name', processName(vm.id)],
    ...['-nodefaults', '-no-user-config'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...machineArguments(vm, folders),
    ...acceleratorArguments(abilities),
    ...['-m', `${Math.ceil((machine?.memory ?? vm.memory) / 1024)}K`],
    ...cpuArguments(vm, abilities, machine),
    ...['-rtc', 'base=utc'],
    ...['-boot', 'strict=on'],
    ...sleepless,
    ...diskArguments(layout, vm, placed),
    ...vm.ports.flatMap((port) => portArguments(vm, port, abilities, placed)),
    ...controlArguments('qmp', folders.qmp),
    ...controlArguments('events', folders.events),
    ...[
      '-chardev',
      `socket,id=serial,path=${optionValue(folders.serial)},server=on,wait=off,logfile=${optionValue(folders.consoleLog)},logappend=on`,
    ],
    ...['-device', 'isa-serial,chardev=serial'],
    ...['-device', deviceWords(placed({ driver: 'VGA', id: 'screen' }))],
    ...['-vnc', `unix:${optionValue(folders.vnc)}`],
    ...['-object', 'rng-builtin,id=rng'],
    ...['-device', deviceWords(placed({ driver: 'virtio-rng-pci', id: 'random', rng: 'rng' }))],
    ...['-chardev', `socket,id=${agentChardev},path=${optionValue(folders.agent)},server=on,wait=off`],
    ...['-device', deviceWords(placed({ driver: 'virtio-serial-pci', id: 'channels' }))],
    ...['-device', `virtserialport,chardev=${agentChardev},name=org.qemu.guest_agent.0`],
    ...['-device', deviceWords(placed({ driver: 'virtio-balloon-pci', id: balloonDevice, 'deflate-on-oom': 'on' }))],
  ];
}

/** QEMU's name of the device that takes a guest's memory. A guest that runs short of memory takes some back instead of ending programs. */
export const balloonDevice = 'balloon';

/** QEMU's name of the channel to the agent in the guest. */
export const agentChardev = 'agent';

function controlArguments(name: string, socket: string): string[] {
  return ['-chardev', `socket,id=${name},path=${optionValue(socket)},server=on,wait=off`, '-mon', `chardev=${name},mode=control`];
}

function cpuModel({ accelerator }: NodeAbilities): 'host' | 'max' {
  return accelerator.kind === 'kvm' ? 'host' : 'max';
}

function acceleratorArguments(abilities: NodeAbilities): string[] {
  const accelerator = abilities.accelerator.kind === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${translationBuffer}`;
  return ['-accel', accelerator, '-cpu', cpuModel(abilities)];
}

/** QEMU's name of the CPU that was added at that place. */
export function cpuDevice(place: number): string {
  return `cpu-${place}`;
}

/** In one socket, since some systems use only a few sockets; with places for CPUs that may be added while the VM runs. */
function cpuArguments({ cpus }: VmLaunch, abilities: NodeAbilities, machine: Machine | null): string[] {
  const { firstCpus, laterCpus, mostCpus: most } = machine ?? { firstCpus: cpus, laterCpus: 0, mostCpus: mostCpus(cpus) };
  const later = Array.from({ length: laterCpus }, (_, index) => firstCpus + index);
  return [
    ...['-smp', `cpus=${firstCpus},maxcpus=${most},sockets=1,cores=${most},threads=1`],
    ...later.flatMap((place) => {
      const at = { 'socket-id': 0, 'core-id': place, 'thread-id': 0 };
      return ['-device', deviceWords({ driver: `${cpuModel(abilities)}-x86_64-cpu`, id: cpuDevice(place), ...at })];
    }),
  ];
}

function portArguments(vm: VmLaunch, port: PortPlan, abilities: NodeAbilities, placed: Placed): string[] {
  const { backend, device } = portDevices(vm, port, abilities);
  return ['-netdev', deviceWords(backend), '-device', deviceWords(placed(device))];
}

/** QEMU's name of a NIC's device, and with `net-` of its backend. */
export function nicDevice(nicId: string): string {
  return `nic-${nicId}`;
}

/**
 * A NIC's two halves, as their options. An empty `romfile` omits the network boot ROM where the VM does not boot from the NIC: the ROM
 * would make each start slower and take memory for nothing.
 */
export function portDevices(
  vm: VmLaunch,
  port: PortPlan,
  { datapath }: NodeAbilities,
): { backend: Record<string, unknown>; device: Device } {
  const id = `net-${port.nicId}`;
  const offloads = port.model === 'virtio' && datapath === 'netdev' ? withoutOffloads : {};
  const bootIndex = bootPlace(vm, port.nicId);
  const boot = bootIndex === null ? { romfile: '' } : { bootindex: bootIndex };
  return {
    backend: { type: 'tap', id, ifname: tapName(port.nicId), script: 'no', downscript: 'no' },
    device: { driver: nicDevices[port.model], id: nicDevice(port.nicId), netdev: id, mac: port.mac, ...boot, ...offloads },
  };
}

/** A value inside one of QEMU's comma-separated options: a comma is written twice. */
function optionValue(value: string): string {
  return value.replaceAll(',', ',,');
}
