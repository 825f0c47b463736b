/** Finds the worker of a VM's node. */
import { CroftError } from '../../model/error.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { Fleet } from '../node/fleet.ts';
import type { NodeWorker } from '../node/worker.ts';

/** Throws `vm.not-running` where the VM has no node. */
export function workerOf(fleet: Fleet, { slice, name, nodeId, pendingReason }: Vm): NodeWorker {
  const worker = nodeId === null ? null : fleet.worker(nodeId);
  if (worker !== null) return worker;
  const why = pendingReason === null ? '' : `: ${pendingReason}`;
  throw new CroftError('vm.not-running', `VM ${slice}/${name} has no node yet${why}`, {
    hint: 'Wait until it has one, or change its slice.',
  });
}
