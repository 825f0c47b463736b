/** Which roles a node can have. Pure. */
import { CroftError } from '../error.ts';
import type { NodeConfig } from './node.ts';

/** Throws `unsupported` for a role that nodes with this hypervisor cannot have. */
export function requireRoles({ name, hypervisor, roles }: Pick<NodeConfig, 'name' | 'hypervisor' | 'roles'>): void {
  if (hypervisor !== 'zones' || !roles.includes('network')) return;
  throw new CroftError('unsupported', `node ${name} has zones and cannot have the role network: routers, DHCP and DNS are on Linux nodes`, {
    hint: 'Give it the role compute alone (--roles compute), and the role network to a Linux node.',
  });
}
