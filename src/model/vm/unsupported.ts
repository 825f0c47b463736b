/** The refusal of what not every hypervisor can do. Pure. */

import { CroftError } from '../error.ts';
import type { Capability } from './capability.ts';

/** `node` is the one whose hypervisor cannot; without it what happens to ask knows of none. */
export function unsupported(hypervisor: string, capability: Capability, node?: string): CroftError {
  const where = node === undefined ? '' : ` of node ${node}`;
  const look = node === undefined ? '' : `See \`croft node show ${node}\` for what it can. `;
  return new CroftError('unsupported', `the hypervisor ${hypervisor}${where} cannot do this: ${capability}`, {
    hint: `${look}Use a node with another hypervisor for this VM.`,
    ...(node !== undefined && { node }),
  });
}
