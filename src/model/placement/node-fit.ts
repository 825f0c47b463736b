/** Whether a VM may be placed on a node, apart from free resources: the VM's requirements, and the unmet ones, in words. */

import type { Firmware } from '../image/definition.ts';
import type { Image } from '../image/image.ts';
import { type LinkNeeds, nicModelsOf, unfitLinks } from '../network/node-links.ts';
import type { Hypervisor } from '../node/hypervisor.ts';
import type { Node } from '../node/node.ts';
import type { NodeRole } from '../node/roles.ts';
import type { VmSpec } from '../slice/slice.ts';

/** The requirements of one VM on its node. */
export interface NodeRequirement extends LinkNeeds {
  architecture: string;
  firmware: Firmware;
  /** The hypervisor; null for any. */
  backend: Hypervisor | null;
  node: string | null;
  pools: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** The sha256 of the image that must be present already; null where it may be delivered. */
  image: string | null;
}

interface Asking {
  spec: Pick<VmSpec, 'firmware' | 'placement' | 'nics'>;
  /** See `LinkNeeds`. */
  impaired: boolean;
}

/**
 * `image` is that of the VM's first disk, `present` the node that the VM has. The VM keeps that node's hypervisor: another one would show
 * its guest other devices, and could not restore its snapshots.
 */
export function requirementOf(
  { spec: { firmware, placement, nics }, impaired }: Asking,
  { traits, content }: Pick<Image, 'traits' | 'content'>,
  present: Pick<Node, 'config'> | undefined,
): NodeRequirement {
  return {
    architecture: traits.architecture,
    firmware: firmware ?? traits.firmware,
    backend: present?.config.hypervisor ?? traits.backend,
    node: placement.node,
    pools: placement.pools,
    labels: placement.labels,
    image: placement.imagePresent ? (content?.sha256 ?? '') : null,
    nicModels: nicModelsOf(nics),
    impaired,
  };
}

/** The requirements that a node does not meet, such as `without the label disk=ssd`, in order; empty where it meets all. */
export function* mismatches(node: Node, requirement: NodeRequirement): Generator<string, undefined> {
  const { config, observed } = node;
  if (requirement.node !== null && requirement.node !== config.name) {
    yield otherNode;
    return;
  }
  if (!config.roles.includes('compute')) yield 'without the role compute';
  if (requirement.pools.length > 0 && !requirement.pools.includes(config.pool)) yield `not in pool ${requirement.pools.join(' or ')}`;
  for (const label in requirement.labels) {
    if (config.labels[label] !== requirement.labels[label]) yield `without the label ${label}=${requirement.labels[label]}`;
  }
  const { specs } = observed;
  if (specs === null) {
    yield (observed.status === 'new' ? null : unavailability(node)) ?? 'not looked at yet';
    return;
  }
  if (specs.architecture !== requirement.architecture) yield `of architecture ${specs.architecture}, not ${requirement.architecture}`;
  if (!specs.firmwares.includes(requirement.firmware)) yield `without ${requirement.firmware} firmware`;
  if (requirement.backend !== null && !specs.hypervisors.includes(requirement.backend))
    yield `without the hypervisor ${requirement.backend}`;
  yield* unfitLinks(config, specs, requirement);
  if (requirement.image !== null && !observed.images.includes(requirement.image)) yield 'without the image';
}

/** The first unmet requirement; null where the node meets all. */
export function mismatch(node: Node, requirement: NodeRequirement): string | null {
  return mismatches(node, requirement).next().value ?? null;
}

export const otherNode = 'not the node that is asked for';

const longestReason = 120;

/** Why the node takes no VMs now, such as `draining`; null where it does. */
export function unavailability(node: Node): string | null {
  if (node.administration === 'draining') return 'draining';
  const { status, reason } = node.observed;
  if (status === 'ready') return null;
  const line = reason?.split('\n')[0] ?? '';
  const short = line.length > longestReason ? `${line.slice(0, longestReason)}…` : line;
  return short === '' ? status : `${status} (${short})`;
}

/** Ready, active and of that role. */
export function takesMore(node: Node, role: NodeRole): boolean {
  return node.config.roles.includes(role) && unavailability(node) === null;
}
