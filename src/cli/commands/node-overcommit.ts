/** The options for the multiples of a node's resources that may be promised to VMs; used by `node add` and `node set`. */
import type { Command } from 'commander';
import type { NodeConfig } from '../../model/node/node.ts';
import { positiveNumber } from '../arguments.ts';

export interface OvercommitOptions {
  overcommitCpus?: number;
  overcommitMemory?: number;
  overcommitDisk?: number;
}

export function withOvercommit(command: Command): Command {
  return command
    .option('--overcommit-cpus <times>', 'how many times its CPUs may be promised (8)', positiveNumber)
    .option('--overcommit-memory <times>', 'how many times its memory may be promised (1)', positiveNumber)
    .option('--overcommit-disk <times>', 'how many times the disk of its state folder may be promised (1)', positiveNumber);
}

/** Nothing where no option was given. */
export function overcommitOf(options: OvercommitOptions): { overcommit?: Partial<NodeConfig['overcommit']> } {
  const { overcommitCpus: cpus, overcommitMemory: memory, overcommitDisk: disk } = options;
  const overcommit = { ...(cpus !== undefined && { cpus }), ...(memory !== undefined && { memory }), ...(disk !== undefined && { disk }) };
  return Object.keys(overcommit).length === 0 ? {} : { overcommit };
}
