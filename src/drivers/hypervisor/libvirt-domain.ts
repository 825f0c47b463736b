/** The domain that libvirt makes of a VM: the same machine as the QEMU driver's, in libvirt's words; pure. */
import { CroftError } from '../../model/error.ts';
import { planHash, type VmLaunch } from '../../model/node-plan.ts';
import type { NodeAbilities, NodeLayout } from './driver.ts';
import { type VmFolders, vmFolders, vmUserId } from './identity.ts';
import { diskElements, networkElement, nicElement } from './libvirt-devices.ts';
import { domainMetadata, domainName, domainUuid, type LibvirtOptions } from './libvirt-identity.ts';
import { type Xml, xml } from './libvirt-xml.ts';

/** In MiB; as the QEMU driver has it. */
const translationBuffer = 64;
/** CPUs that a VM can be given while it runs. */
const mostCpus = 8;

/**
 * The domain. Throws `node.unfit` for an architecture other than x86_64, `vm.launch` for disks that cannot be made.
 * Its process runs under the VM's own user, to which its files belong already, so that libvirt changes the owner of none. For
 * KVM its group is the one of the device, which libvirt gives a process only as its first.
 */
export function domainOf(layout: NodeLayout, vm: VmLaunch, abilities: NodeAbilities, label: string, options: LibvirtOptions): Xml {
  if (abilities.architecture !== 'x86_64') {
    throw new CroftError('node.unfit', `VMs need a node of architecture x86_64, this one is ${abilities.architecture}`);
  }
  const kvm = abilities.accelerator.kind === 'kvm';
  const user = vmUserId(vm.id);
  const memory = Math.ceil(vm.memory / 1024);
  return xml(
    'domain',
    { type: kvm ? 'kvm' : 'qemu' },
    xml('name', {}, domainName(vm.id)),
    xml('uuid', {}, domainUuid(layout, vm.id)),
    xml('title', {}, label),
    domainMetadata(layout, vm.id, planHash(vm), label),
    xml('memory', { unit: 'KiB' }, String(memory)),
    xml('vcpu', { placement: 'static', current: vm.cpus }, String(Math.max(vm.cpus, mostCpus))),
    firmwareElement(vm, vmFolders(layout, vm.id)),
    xml('features', {}, xml('acpi'), xml('apic'), kvm ? null : xml('tcg', {}, xml('tb-cache', { unit: 'MiB' }, String(translationBuffer)))),
    xml('cpu', { mode: kvm ? 'host-passthrough' : 'maximum' }),
    xml('clock', { offset: 'utc' }),
    xml('on_poweroff', {}, 'destroy'),
    xml('on_reboot', {}, 'restart'),
    xml('on_crash', {}, 'destroy'),
    devicesElement(layout, vm, abilities, options),
    xml('seclabel', { type: 'static', model: 'dac', relabel: 'no' }, xml('label', {}, kvm ? `+${user}:kvm` : `+${user}:+${user}`)),
  );
}

/** The machine is `pc` for the reason that `qemuArguments` tells. */
function firmwareElement({ firmware }: VmLaunch, { firmwareCode, firmwareVariables }: VmFolders): Xml {
  const machine = xml('type', { arch: 'x86_64', machine: 'pc' }, 'hvm');
  if (firmware === 'bios') return xml('os', {}, machine);
  return xml('os', {}, machine, xml('loader', { readonly: 'yes', type: 'pflash' }, firmwareCode), xml('nvram', {}, firmwareVariables));
}

function devicesElement(layout: NodeLayout, vm: VmLaunch, abilities: NodeAbilities, { network }: LibvirtOptions): Xml {
  const { serial, consoleLog, vnc } = vmFolders(layout, vm.id);
  return xml(
    'devices',
    {},
    xml('controller', { type: 'usb', model: 'none' }),
    diskElements(layout, vm),
    vm.ports.map((port) => nicElement(port, abilities)),
    network === null ? null : networkElement(vm.id, network),
    xml(
      'serial',
      { type: 'unix' },
      xml('source', { mode: 'bind', path: serial }),
      xml('log', { file: consoleLog, append: 'on' }),
      xml('target', { type: 'isa-serial', port: 0 }),
    ),
    xml('channel', { type: 'unix' }, xml('target', { type: 'virtio', name: 'org.qemu.guest_agent.0' })),
    xml('graphics', { type: 'vnc', socket: vnc }),
    xml('video', {}, xml('model', { type: 'vga' })),
    xml('rng', { model: 'virtio' }, xml('backend', { model: 'builtin' })),
    xml('memballoon', { model: 'virtio' }),
  );
}
