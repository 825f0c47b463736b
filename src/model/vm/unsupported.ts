/** The refusal of operations that not every hypervisor has. Pure. */

import { CroftError } from '../error.ts';
import type { Capability } from './capability.ts';

/** `node` is the node whose hypervisor lacks the capability; without it a requested change belongs to no node. */
export function unsupported(hypervisor: string, capability: Capability, node?: string): CroftError {
  const where = node === undefined ? '' : ` of node ${node}`;
  const look = node === undefined ? '' : `See \`croft node show ${node}\` for what it can. `;
  return new CroftError('unsupported', `the hypervisor ${hypervisor}${where} cannot do this: ${capability}`, {
    hint: `${look}Use a node with another hypervisor for this VM.`,
    ...(node !== undefined && { node }),
  });
}
