/** A slice back in the form of a slice file, complete and explicit: normalising it gives the same slice again. */
import { stringify } from 'yaml';
import { formatSize } from '../input/unit.ts';
import { formatQuantity, type Impairment } from '../network/impairment.ts';
import { formatAddress, parseSubnet } from '../network/ipv4.ts';
import type { NetworkFile, NicFile, SliceFile, VmFile } from './file.ts';
import { slicePlacementFile, vmPlacementFile } from './placement.ts';
import type { NetworkSpec, NicSpec, SliceSpec, VmSpec } from './slice.ts';
import { volumeFile } from './volumes.ts';

/** YAML text. */
export function exportSlice(spec: SliceSpec): string {
  return stringify(sliceFileOf(spec), { lineWidth: 0, aliasDuplicateObjects: false });
}

export function sliceFileOf(spec: SliceSpec): SliceFile {
  const placement = slicePlacementFile(spec.placement);
  return {
    slice: spec.name,
    ...(placement === undefined ? {} : { placement }),
    networks: Object.fromEntries(spec.networks.map((network) => [network.name, networkFile(network, spec.vms)])),
    vms: Object.fromEntries(spec.vms.map((vm) => [vm.name, vmFile(vm)])),
  };
}

function networkFile(network: NetworkSpec, vms: readonly VmSpec[]): NetworkFile {
  const subnet = parseSubnet(network.cidr);
  const usualGateway = subnet === null ? '' : formatAddress(subnet.base + 1);
  const ends = network.link ? endsOf(network.name, vms) : [];
  const [one, other] = ends;
  return {
    cidr: network.cidr,
    ...(network.gateway === usualGateway ? {} : { gateway: network.gateway }),
    ...(network.internet ? { internet: true } : {}),
    ...(network.dhcp ? {} : { dhcp: false }),
    ...(one === undefined || other === undefined ? {} : { link: [one, other] }),
    ...(network.impairment === null ? {} : { impair: impairmentFile(network.impairment) }),
  };
}

function impairmentFile({ delay, jitter, loss, rate }: Impairment): NonNullable<NetworkFile['impair']> {
  return {
    ...(delay === null ? {} : { delay: formatQuantity('delay', delay) }),
    ...(jitter === null ? {} : { jitter: formatQuantity('jitter', jitter) }),
    ...(loss === null ? {} : { loss: formatQuantity('loss', loss) }),
    ...(rate === null ? {} : { rate: formatQuantity('rate', rate) }),
  };
}

function endsOf(network: string, vms: readonly VmSpec[]): string[] {
  return vms.flatMap((vm) => vm.nics.filter((nic) => nic.network === network).map((nic) => `${vm.name}.${nic.name}`));
}

function vmFile(vm: VmSpec): VmFile {
  return {
    image: vm.image,
    cpus: vm.cpus,
    memory: formatSize(vm.memory),
    ...(vm.disk === null ? {} : { disk: formatSize(vm.disk) }),
    ...(vm.volumes.length === 0 ? {} : { volumes: vm.volumes.map(volumeFile) }),
    ...(vm.firmware === null ? {} : { firmware: vm.firmware }),
    nics: vm.nics.map(nicFile),
    ...(vm.restart === 'on-failure' ? {} : { restart: vm.restart }),
    ...(vm.userData === null ? {} : { userData: vm.userData }),
    ...(vm.cloudConfig === null ? {} : { cloudConfig: vm.cloudConfig }),
    ...(vm.sshKeys.length === 0 ? {} : { sshKeys: vm.sshKeys }),
    ...vmPlacementFile(vm.placement),
  };
}

function nicFile(nic: NicSpec): NicFile {
  if (nic.model === 'virtio' && nic.address === null && nic.mac === null) return nic.network;
  return {
    network: nic.network,
    ...(nic.address === null ? {} : { address: nic.address }),
    ...(nic.mac === null ? {} : { mac: nic.mac }),
    ...(nic.model === 'virtio' ? {} : { model: nic.model }),
  };
}
