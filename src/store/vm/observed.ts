/** Writes observations of VMs. */
import { type RawBuilder, sql, type Updateable } from 'kysely';
import type { VmObserved } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { type Tables, tables } from '../database/tables.ts';
import type { VmObservation } from '../store.ts';
import { changeRetryColumns, diskRetryColumns, launchRetryColumns } from './retries.ts';
import { portions } from './rows.ts';

type ObservedColumns = Updateable<Tables['vms']>;

/**
 * Later changes of a VM override earlier ones. VMs that get the same values are written together, and so are VMs of which the same
 * columns change: a statement costs far more than a row.
 */
export async function writeObservations(queries: Queries, changes: readonly VmObservation[]): Promise<void> {
  const byVm = new Map<string, Partial<VmObserved>>();
  for (const { id, observed } of changes) byVm.set(id, { ...byVm.get(id), ...observed });
  const groups = [...Map.groupBy(byVm, ([, observed]) => JSON.stringify(observed)).values()].map((entries) => ({
    columns: givenColumns(entries[0]?.[1] ?? {}),
    ids: entries.map(([id]) => id),
  }));
  const written = groups.filter(({ columns }) => Object.keys(columns).length > 0);
  for (const { columns, ids } of written.filter((group) => group.ids.length > 1)) {
    for (const part of portions(ids)) await queries.updateTable('vms').set(columns).where('id', 'in', part).execute();
  }
  const single = written.filter((group) => group.ids.length === 1).map(({ columns, ids: [id = ''] }) => ({ id, columns }));
  for (const rows of Map.groupBy(single, ({ columns }) => Object.keys(columns).join()).values()) {
    for (const part of portions(rows)) await writeEach(queries, part);
  }
}

/** Writes the same columns of several VMs, to each its own values. */
async function writeEach(queries: Queries, rows: readonly { id: string; columns: ObservedColumns }[]): Promise<void> {
  const names = Object.keys(rows[0]?.columns ?? {}) as (keyof typeof tables.vms)[];
  const values = rows.map(({ id, columns }) => sql`(${sql.join([id, ...names.map((name) => typed(name, columns[name]))])})`);
  // Both databases call the columns of a list of values so.
  const assigned = names.map((name, index) => sql`${sql.id(name)} = ${sql.id('given', `column${index + 2}`)}`);
  await sql`update vms set ${sql.join(assigned)} from (values ${sql.join(values)}) as given where vms.id = given.column1`.execute(queries);
}

/** A list of values has the types of its values, not of the columns that they are for. */
function typed(name: keyof typeof tables.vms, value: unknown): RawBuilder<unknown> {
  return tables.vms[name].startsWith('integer') ? sql`cast(${value} as bigint)` : sql`cast(${value} as text)`;
}

/** Only the given fields, always in the same order. */
function givenColumns(observed: Partial<VmObserved>): ObservedColumns {
  const { launchRetry, changeRetry, diskRetry } = observed;
  const { state, reason, step, pid, startedAt, restarts, restartAt, launchHash, memoryHeld, settledGeneration, addressed } = observed;
  return {
    ...(state !== undefined && { state }),
    ...(reason !== undefined && { state_reason: reason }),
    ...(step !== undefined && { step }),
    ...(pid !== undefined && { pid }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(restarts !== undefined && { restarts }),
    ...(restartAt !== undefined && { restart_at: restartAt }),
    ...(launchRetry !== undefined && launchRetryColumns(launchRetry)),
    ...(changeRetry !== undefined && changeRetryColumns(changeRetry)),
    ...(diskRetry !== undefined && diskRetryColumns(diskRetry)),
    ...(launchHash !== undefined && { launch_hash: launchHash }),
    ...(memoryHeld !== undefined && { memory_held: memoryHeld }),
    ...(settledGeneration !== undefined && { settled_generation: settledGeneration }),
    ...(addressed !== undefined && { addressed: addressed ? 1 : 0 }),
  };
}
