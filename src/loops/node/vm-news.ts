/** Events about VMs that come from the observation of a pass, not from a step. Pure. */
import type { Vm, VmObserved } from '../../model/vm/vm.ts';

export interface VmNews extends Pick<Vm, 'slice' | 'name'> {
  kind: 'vm.ended' | 'vm.waiting';
  message: string;
}

/** `rows` are as stored before the pass; `observations` are the values that differ from them now. */
export function vmNews(rows: readonly Vm[], observations: readonly { id: string; observed: Partial<VmObserved> }[]): VmNews[] {
  const seen = new Map(observations.map(({ id, observed }) => [id, observed]));
  return rows.flatMap((row): VmNews[] => {
    const now = seen.get(row.id) ?? {};
    if (hasEnded(row, now)) return [{ kind: 'vm.ended', slice: row.slice, name: row.name, message: now.reason ?? 'its process is gone' }];
    const waits = waitingFor(row, now);
    return waits === null ? [] : [{ kind: 'vm.waiting', slice: row.slice, name: row.name, message: waits }];
  });
}

/** The VM ran when it was last seen, should run, and does not run. */
function hasEnded({ desired, observed }: Vm, { state }: Partial<VmObserved>): boolean {
  return desired === 'running' && observed.state === 'running' && (state === 'failed' || state === 'stopped');
}

/**
 * The VM keeps running as it is, and takes a part of the wanted changes only from its next start on; null where that is already reported.
 */
function waitingFor({ generation, observed }: Vm, { state, reason, settledGeneration }: Partial<VmObserved>): string | null {
  if (state !== 'running' || settledGeneration !== generation || reason === observed.reason) return null;
  return reason ?? null;
}
