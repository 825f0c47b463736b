/** The links that VMs may have, by the hypervisor and the network driver of their node. Pure. */
import { traitsOf } from '../node/hypervisor.ts';
import { type DriverChoiceConfig, networkDriverOf } from '../node/network-driver.ts';
import type { NodeSpecs } from '../node/node.ts';
import type { NicSpec } from '../vm/devices.ts';
import { networkTraitsOf } from './drivers.ts';
import type { NetworkSpec } from './fields.ts';
import type { NicModel } from './nic-model.ts';

/** The properties of a VM's links in which nodes differ. */
export interface LinkNeeds {
  /** The models of its NICs, each once, sorted. */
  nicModels: readonly NicModel[];
  /** One of its NICs is in a network whose frames are delayed, lost or held back. */
  impaired: boolean;
}

/** The links that a node cannot provide, such as `that cannot impair networks (zones)`. */
export function* unfitLinks(config: DriverChoiceConfig, specs: NodeSpecs, needs: LinkNeeds): Generator<string, undefined> {
  const { hypervisor } = config;
  const { nicModels, mixedNicModels } = traitsOf(hypervisor);
  if ((needs.nicModels.length > 1 && !mixedNicModels) || needs.nicModels.some((model) => !nicModels.includes(model)))
    yield `whose VMs have NICs of ${mixedNicModels ? 'the models' : 'one model,'} ${nicModels.join(' or ')} (${hypervisor})`;
  if (needs.impaired && !networkTraitsOf(networkDriverOf(config, specs)).impairment) yield `that cannot impair networks (${hypervisor})`;
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
