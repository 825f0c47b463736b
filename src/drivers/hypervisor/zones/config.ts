/** The configuration of a VM's zone; pure. */
import { CroftError } from '../../../model/error.ts';
import type { NicModel } from '../../../model/network/nic-model.ts';
import { hypervisors } from '../../../model/node/hypervisor.ts';
import { type LaunchImage, planHash, type VmLaunch } from '../../../model/node/plan.ts';
import { bootDevices } from '../../../model/vm/boot-order.ts';
import { attribute, type ZoneConfiguration, type ZoneResource } from '../../../tools/zonecfg.ts';
import { vnicName } from '../../network/names.ts';
import type { NodeLayout } from '../driver.ts';
import { screenSocket, zonePlaces } from './names.ts';
import { zoneVolumes } from './volumes.ts';

/** bhyve's brand uses the same names. */
const { nicModels }: { nicModels: readonly NicModel[] } = hypervisors.zones;

/** With the compatibility module bhyve boots guests that need a BIOS. */
const bootRoms = { bios: 'BHYVE_RELEASE_CSM', uefi: 'BHYVE_RELEASE' } as const;

/** Bytes of a disk's serial number that a guest sees. */
const serialLength = 20;

/**
 * A zone of the brand bhyve. `dataset` contains the VM's volumes. The attributes are those of bhyve(7) of OmniOS, which its brand in
 * omniosorg/pkg5, src/brand/bhyve/boot.py, reads, and which OpenIndiana took over; the brand ignores attributes that it does not know, so
 * the VM's owner stands there too. Throws `vm.launch` for requests that bhyve cannot fulfil.
 */
export function zoneConfiguration(layout: NodeLayout, vm: VmLaunch, dataset: string): ZoneConfiguration {
  const { zonepath, seed } = zonePlaces(layout, vm.id);
  const cdRoms = [...cdRomFiles(layout, vm), seed];
  return {
    zonepath,
    brand: 'bhyve',
    resources: [
      attribute('croft-controller', layout.controllerId),
      attribute('croft-vm', vm.id),
      attribute('croft-launch', planHash(vm)),
      attribute('vcpus', String(vm.cpus)),
      attribute('ram', `${Math.ceil(vm.memory / 2 ** 20)}M`),
      attribute('bootrom', bootRoms[vm.firmware]),
      attribute('console', '/dev/zconsole'),
      attribute('vnc', `unix=/tmp/${screenSocket}`),
      attribute('rng', 'on'),
      ...bootOrder(vm),
      ...nics(layout, vm),
      ...disks(vm, dataset),
      ...cdRoms.flatMap(cdRom),
    ],
  };
}

/**
 * By the names of the devices' attributes. Only UEFI follows such an order, with the brand of OmniOS since 2023. By default bhyve takes
 * the disk and then the first CD-ROM.
 */
function bootOrder(vm: VmLaunch): ZoneResource[] {
  if (!vm.bootOrder) return [];
  if (vm.firmware !== 'uefi') {
    throw new CroftError('unsupported', 'the hypervisor zones cannot do this: a boot order with the firmware bios', {
      hint: 'Give the VM firmware: uefi, or use a node with another hypervisor for it.',
    });
  }
  const cdRomIds = [
    vm.image.format === 'iso' ? 'cdrom' : null,
    ...vm.volumes.flatMap(({ id, image }) => (image?.format === 'iso' ? id : [])),
  ];
  const names = new Map([
    ...zoneVolumes(vm).map(({ name }, index): [string, string] => [
      name.replace('volume-', ''),
      index === 0 ? 'bootdisk' : `disk${index - 1}`,
    ]),
    ...[...cdRomIds.filter((id) => id !== null), 'seed'].map((id, index): [string, string] => [id, `cdrom${index}`]),
    ...vm.ports.map(({ nicId }, index): [string, string] => [nicId, `net${index}`]),
  ]);
  return [
    attribute(
      'bootorder',
      bootDevices(vm)
        .flatMap((device) => names.get(device) ?? [])
        .join(','),
    ),
  ];
}

/** The image that a VM is installed from precedes those of its volumes. The seed comes last. */
function cdRomFiles(layout: NodeLayout, vm: VmLaunch): string[] {
  const images = [vm.image, ...vm.volumes.map(({ image }) => image)];
  const file = ({ sha256 }: LaunchImage): string => `${layout.stateFolder}/images/${sha256}.iso`;
  return images.flatMap((image) => (image?.format === 'iso' ? [file(image)] : []));
}

function cdRom(file: string, index: number): ZoneResource[] {
  return [
    attribute(`cdrom${index}`, file),
    { kind: 'fs', properties: { dir: file, special: file, type: 'lofs' }, options: ['ro', 'nodevices'] },
  ];
}

function disks(vm: VmLaunch, dataset: string): ZoneResource[] {
  return zoneVolumes(vm).flatMap(({ name, serial }, index) => {
    const volume = `${dataset}/head/${name}`;
    const options = serial === null ? '' : `,serial=${serial.slice(0, serialLength)}`;
    return [
      attribute(index === 0 ? 'bootdisk' : `disk${index - 1}`, `${volume}${options}`),
      { kind: 'device', properties: { match: `/dev/zvol/rdsk/${volume}` } },
    ];
  });
}

/** All NICs of a zone are of one model: only recent versions of OmniOS support a model for each NIC. */
function nics({ controllerId }: NodeLayout, { ports }: VmLaunch): ZoneResource[] {
  const [model, ...others] = new Set(ports.map((port) => port.model));
  if (model === undefined) return [];
  if (others.length > 0 || !nicModels.includes(model)) {
    throw new CroftError(
      'vm.launch',
      `a VM in a zone has NICs of one model, ${nicModels.join(' or ')}, and not of ${[model, ...others].join(' and ')}`,
    );
  }
  return [
    attribute('netif', model),
    ...ports.map(({ nicId }): ZoneResource => ({ kind: 'net', properties: { physical: vnicName(controllerId, nicId) } })),
  ];
}
