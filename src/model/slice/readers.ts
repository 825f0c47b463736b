/** How fields of VMs and networks are read from a slice file, where their values are not stored just as they are written. */
import type { Readers } from '../field.ts';
import type { networkFields } from '../network/fields.ts';
import { formatAddress, formatSubnet } from '../network/ipv4.ts';
import type { vmFields } from '../vm/fields.ts';
import { bootOrderOf } from './boot-order.ts';
import { cloudConfigOf, userDataOf } from './cloud-config.ts';
import { impairmentOf } from './impairment.ts';
import { vmPlacementOf } from './placement.ts';
import type { NetworkReading, VmReading } from './reading.ts';
import { cpusOf, diskSizeOf, memoryOf } from './sizes.ts';
import { sshKeysOf } from './ssh-keys.ts';
import { volumesOf } from './volumes.ts';

export const vmReaders: Readers<typeof vmFields, VmReading> = {
  image: ({ image }) => image?.name ?? '',
  cpus: cpusOf,
  memory: memoryOf,
  disk: diskSizeOf,
  userData: userDataOf,
  cloudConfig: cloudConfigOf,
  sshKeys: sshKeysOf,
  volumes: volumesOf,
  nics: ({ vm, nics }) => nics.nicsOf(vm),
  bootOrder: bootOrderOf,
  placement: vmPlacementOf,
};

/** A network without plan has an issue already, so the substitutes for its subnet and gateway are never stored. */
export const networkReaders: Readers<typeof networkFields, NetworkReading> = {
  cidr: ({ plan }) => (plan === undefined ? '' : formatSubnet(plan.subnet)),
  gateway: ({ plan }) => (plan === undefined ? '' : formatAddress(plan.gateway)),
  link: ({ network }) => network.fields.link !== undefined,
  impairment: impairmentOf,
};
