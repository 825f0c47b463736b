/** Writing what was observed of VMs. */
import type { Updateable } from 'kysely';
import type { VmObserved } from '../model/vm.ts';
import type { Queries } from './database.ts';
import type { VmObservation } from './store.ts';
import type { Tables } from './tables.ts';
import { portions } from './vm-rows.ts';

/** Of several changes of a VM the later ones go on top; VMs of which the same becomes true are written together. */
export async function writeObservations(queries: Queries, changes: readonly VmObservation[]): Promise<void> {
  const byVm = new Map<string, Partial<VmObserved>>();
  for (const { id, observed } of changes) byVm.set(id, { ...byVm.get(id), ...observed });
  const alike = Map.groupBy(byVm, ([, observed]) => JSON.stringify(observed));
  for (const entries of alike.values()) {
    const columns = givenColumns(entries[0]?.[1] ?? {});
    if (columns === null) continue;
    const ids = entries.map(([id]) => id);
    const [only] = ids;
    if (ids.length === 1 && only !== undefined) await queries.updateTable('vms').set(columns).where('id', '=', only).execute();
    else for (const part of portions(ids)) await queries.updateTable('vms').set(columns).where('id', 'in', part).execute();
  }
}

/** Only the given fields; null where there is none. */
function givenColumns(observed: Partial<VmObserved>): Updateable<Tables['vms']> | null {
  const { state, reason, step, pid, startedAt, restarts, retryAt, attempted, launchHash, settledGeneration, addressed } = observed;
  const columns = {
    ...(state !== undefined && { state }),
    ...(reason !== undefined && { state_reason: reason }),
    ...(step !== undefined && { step }),
    ...(pid !== undefined && { pid }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(restarts !== undefined && { restarts }),
    ...(retryAt !== undefined && { retry_at: retryAt }),
    ...(attempted !== undefined && { attempted }),
    ...(launchHash !== undefined && { launch_hash: launchHash }),
    ...(settledGeneration !== undefined && { settled_generation: settledGeneration }),
    ...(addressed !== undefined && { addressed: addressed ? 1 : 0 }),
  };
  return Object.keys(columns).length === 0 ? null : columns;
}
