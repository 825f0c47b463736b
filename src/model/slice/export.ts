/** Converts a slice back to a slice file, complete and explicit: normalising the file gives the same slice again. */
import { stringify } from 'yaml';
import { writeFields } from '../field.ts';
import { networkFields } from '../network/fields.ts';
import { formatQuantity, type Impairment } from '../network/impairment.ts';
import { formatAddress, parseSubnet } from '../network/ipv4.ts';
import { vmFields } from '../vm/fields.ts';
import type { NetworkFile, SliceFile, VmFile } from './file.ts';
import { slicePlacementFile, vmPlacementFile } from './placement.ts';
import type { NetworkSpec, SliceSpec, VmSpec } from './slice.ts';

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
  const { gateway, ...rest } = writeFields(networkFields, network);
  const subnet = parseSubnet(network.cidr);
  const usualGateway = subnet === null ? '' : formatAddress(subnet.base + 1);
  const ends = network.link ? endsOf(network.name, vms) : [];
  const [one, other] = ends;
  return {
    ...rest,
    ...(network.gateway === usualGateway ? {} : { gateway }),
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
  return { ...writeFields(vmFields, vm), ...vmPlacementFile(vm.placement) };
}
