/** One page of the VMs in their order: by owner, slice, name and age. */
import { expressionBuilder } from 'kysely';
import { partsOfSliceName } from '../../model/access/slice-name.ts';
import type { Queries } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import type { VmPosition } from '../store.ts';
import type { VmCondition } from './rows.ts';

export interface PageQuestion {
  matches: VmCondition;
  after: VmPosition | undefined;
  limit: number | undefined;
}

/** The largest page, whatever size is requested: a page is read by its identifiers. */
const longestPage = 1000;

/**
 * Identifiers of the page's VMs. The query walks the slices by their names and the VMs of each by an index, so its cost follows the page
 * and the slice that the page begins in.
 */
export async function pageOfVms(queries: Queries, { matches, after, limit = longestPage }: PageQuestion): Promise<string[]> {
  const most = Math.min(limit, longestPage);
  const where = expressionBuilder<Tables, 'vms' | 'slices'>();
  const begin = (): ReturnType<typeof ordered> => ordered(queries).where(matches(where)).limit(most);
  if (after === undefined) return idsOf(await begin().execute());
  const { slice: fullName, name, createdAt, id } = after;
  const slice = partsOfSliceName(fullName);
  const here = await begin()
    .where('slices.owner', '=', slice.owner)
    .where('slices.name', '=', slice.name)
    .where(({ or, and, eb }) =>
      or([
        eb('vms.name', '>', name),
        and([eb('vms.name', '=', name), eb('vms.created_at', '>', createdAt)]),
        and([eb('vms.name', '=', name), eb('vms.created_at', '=', createdAt), eb('vms.id', '>', id)]),
      ]),
    )
    .execute();
  if (here.length === most) return idsOf(here);
  const later = await begin()
    .where(({ or, and, eb }) =>
      or([eb('slices.owner', '>', slice.owner), and([eb('slices.owner', '=', slice.owner), eb('slices.name', '>', slice.name)])]),
    )
    .limit(most - here.length)
    .execute();
  return idsOf([...here, ...later]);
}

function ordered(queries: Queries) {
  return queries
    .selectFrom('vms')
    .innerJoin('slices', 'slices.id', 'vms.slice_id')
    .select('vms.id')
    .orderBy('slices.owner')
    .orderBy('slices.name')
    .orderBy('vms.name')
    .orderBy('vms.created_at')
    .orderBy('vms.id');
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
