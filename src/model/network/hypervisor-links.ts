/** What links VMs may have by the hypervisor of their node. Pure. */
import type { Backend } from '../image/definition.ts';
import type { NetworkSpec, NicModel, NicSpec } from '../slice/slice.ts';

/** A VM's links, as far as hypervisors differ in them. */
export interface LinkNeeds {
  /** Each that one of its NICs has, once, sorted. */
  nicModels: readonly NicModel[];
  /** One of its NICs is in a network whose frames are delayed, lost or held back. */
  impaired: boolean;
}

/** Those of bhyve's that illumos' brand names. */
const zoneModels: readonly NicModel[] = ['virtio', 'e1000'];

/**
 * What links a hypervisor cannot give, such as `that cannot impair networks (zones)`. All NICs of a zone are of one model, since
 * only OmniOS, and only of late, can tell them apart; nothing there delays or loses packets.
 */
export function* unfitLinks(hypervisor: Backend, { nicModels, impaired }: LinkNeeds): Generator<string, undefined> {
  if (hypervisor !== 'zones') return;
  if (nicModels.length > 1 || nicModels.some((model) => !zoneModels.includes(model)))
    yield `whose VMs have NICs of one model, ${zoneModels.join(' or ')} (zones)`;
  if (impaired) yield 'that cannot impair networks (zones)';
}

export function nicModelsOf(nics: readonly Pick<NicSpec, 'model'>[]): NicModel[] {
  return [...new Set(nics.map(({ model }) => model))].sort();
}

/** Whether one of the NICs is in an impaired network. */
export function isImpaired(
  nics: readonly Pick<NicSpec, 'network'>[],
  networks: readonly Pick<NetworkSpec, 'name' | 'impairment'>[],
): boolean {
  const impaired = networks.filter(({ impairment }) => impairment !== null);
  return impaired.length > 0 && nics.some(({ network }) => impaired.some(({ name }) => name === network));
}
