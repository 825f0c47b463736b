/** The limits that a node enforces on its VMs, in words. Pure. */
import type { LimitedResource } from './node.ts';

const words: Record<LimitedResource, string> = { memory: 'memory', cpus: 'share of CPUs' };

export function limitsInWords(limits: readonly LimitedResource[]): string {
  if (limits.length === 0) return 'none: no control groups of its own limit a VM there';
  return `control groups limit the ${limits.map((resource) => words[resource]).join(' and the ')} of each VM`;
}
