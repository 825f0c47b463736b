/** The libvirt domain of a VM: the same machine as the QEMU driver's, as domain XML; pure. */
import { CroftError } from '../../../model/error.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { NodeAbilities, NodeLayout } from '../driver.ts';
import { type VmFolders, vmFolders, vmUserId } from '../vm-folder/identity.ts';
import { type Machine, mostCpus } from '../vm-folder/machine.ts';
import { diskElements, networkAlias, networkElement, nicElement } from './devices.ts';
import { domainMetadata, domainName, domainUuid, type LibvirtOptions } from './identity.ts';
import { find, type Xml, xml } from './xml.ts';

/** In MiB; as in the QEMU driver. */
const translationBuffer = 64;

/** A guest cannot suspend itself: it would be down, and no operation on VMs would wake it. */
const sleepless = xml('pm', {}, xml('suspend-to-mem', { enabled: 'no' }), xml('suspend-to-disk', { enabled: 'no' }));

/**
 * The domain. Throws `node.unfit` for an architecture other than x86_64, `vm.launch` for disks that cannot be made. Its process runs
 * under the VM's own user, which already owns the VM's files, so that libvirt changes no owners. For KVM its group is the device's group,
 * which libvirt gives a process only as its first group.
 */
export function domainOf(
  layout: NodeLayout,
  vm: VmLaunch,
  abilities: NodeAbilities,
  label: string,
  options: LibvirtOptions,
  machine: Machine | null = null,
): Xml {
  if (abilities.architecture !== 'x86_64') {
    throw new CroftError('node.unfit', `VMs need a node of architecture x86_64, this one is ${abilities.architecture}`);
  }
  const kvm = abilities.accelerator.kind === 'kvm';
  const user = vmUserId(vm.id);
  const memory = Math.ceil((machine?.memory ?? vm.memory) / 1024);
  return xml(
    'domain',
    { type: kvm ? 'kvm' : 'qemu' },
    xml('name', {}, domainName(vm.id)),
    xml('uuid', {}, domainUuid(layout, vm.id)),
    xml('title', {}, label),
    domainMetadata(layout, vm.id),
    xml('memory', { unit: 'KiB' }, String(memory)),
    xml('vcpu', { placement: 'static', current: vm.cpus }, String(machine?.mostCpus ?? mostCpus(vm.cpus))),
    machine === null ? null : cpusElement(machine),
    firmwareElement(vm, vmFolders(layout, vm.id)),
    xml('features', {}, xml('acpi'), xml('apic'), kvm ? null : xml('tcg', {}, xml('tb-cache', { unit: 'MiB' }, String(translationBuffer)))),
    xml('cpu', { mode: kvm ? 'host-passthrough' : 'maximum' }),
    xml('clock', { offset: 'utc' }),
    xml('on_poweroff', {}, 'destroy'),
    xml('on_reboot', {}, 'restart'),
    xml('on_crash', {}, 'destroy'),
    sleepless,
    devicesElement(layout, vm, abilities, options, machine),
    xml('seclabel', { type: 'static', model: 'dac', relabel: 'no' }, xml('label', {}, kvm ? `+${user}:kvm` : `+${user}:+${user}`)),
  );
}

/** The machine is `pc` for the reason given at `qemuArguments`. */
function firmwareElement({ firmware }: VmLaunch, { firmwareCode, firmwareVariables }: VmFolders): Xml {
  const machine = xml('type', { arch: 'x86_64', machine: 'pc' }, 'hvm');
  if (firmware === 'bios') return xml('os', {}, machine);
  return xml('os', {}, machine, xml('loader', { readonly: 'yes', type: 'pflash' }, firmwareCode), xml('nvram', {}, firmwareVariables));
}

/** Devices that were added while the VM ran are plugged before its guest begins, as if they were added then. */
function cpusElement({ firstCpus, laterCpus, mostCpus: length }: Machine): Xml {
  const cpus = Array.from({ length }, (_, id) => {
    const enabled = id < firstCpus + laterCpus ? 'yes' : 'no';
    return xml('vcpu', { id, enabled, hotpluggable: id < firstCpus ? 'no' : 'yes' });
  });
  return xml('vcpus', {}, cpus);
}

function devicesElement(
  layout: NodeLayout,
  vm: VmLaunch,
  abilities: NodeAbilities,
  { network }: LibvirtOptions,
  machine: Machine | null,
): Xml {
  const { serial, consoleLog, vnc } = vmFolders(layout, vm.id);
  const placed = (alias: string, device: Xml): Xml => placedAt(device, machine?.places[alias]);
  return xml(
    'devices',
    {},
    xml('controller', { type: 'usb', model: 'none' }),
    machine === null ? null : placed('virtio-serial0', xml('controller', { type: 'virtio-serial', index: 0 })),
    [...diskElements(layout, vm), ...vm.ports.map((port) => nicElement(vm, port, abilities))].map((device) =>
      placed(aliasOf(device), device),
    ),
    network === null ? null : placed(networkAlias, networkElement(vm.id, network)),
    xml(
      'serial',
      { type: 'unix' },
      xml('source', { mode: 'bind', path: serial }),
      xml('log', { file: consoleLog, append: 'on' }),
      xml('target', { type: 'isa-serial', port: 0 }),
    ),
    xml('channel', { type: 'unix' }, xml('target', { type: 'virtio', name: 'org.qemu.guest_agent.0' })),
    xml('graphics', { type: 'vnc', socket: vnc }),
    placed('video0', xml('video', {}, xml('model', { type: 'vga' }))),
    placed('rng0', xml('rng', { model: 'virtio' }, xml('backend', { model: 'builtin' }))),
    // A guest that runs out of memory takes some back before it kills its programs.
    placed('balloon0', xml('memballoon', { model: 'virtio', autodeflate: 'on' })),
  );
}

function aliasOf(device: Xml): string {
  return find(device, 'alias')?.attributes.name ?? '';
}

/** In that slot of the PCI bus; in the first free slot by default. */
function placedAt(device: Xml, slot: number | undefined): Xml {
  if (slot === undefined) return device;
  const address = xml('address', { type: 'pci', domain: 0, bus: 0, slot, function: 0 });
  return { ...device, children: [...device.children, address] };
}
