/** Allocates the segments of new networks, each with its VLAN tag on trunks. */
import { CroftError } from '../../model/error.ts';
import { segmentsWithoutVlan } from '../../model/network/segment.ts';
import type { UnderlayKind } from '../../model/network/underlay.ts';
import type { Queries } from '../database/database.ts';
import type { StoreSettings } from '../store.ts';
import { nextFree } from './allocation.ts';

interface SegmentRequest {
  /** The name of the slice. */
  slice: string;
  count: number;
  /** The kind of underlay that carries the networks. */
  underlay: UnderlayKind;
}

/**
 * The requested number of segments, each for one network only. On a trunk a segment is the VLAN tag itself. Rejects with
 * `exhausted.segments`.
 */
export async function allocateSegments(
  queries: Queries,
  vlans: StoreSettings['segments'],
  { slice, count, underlay }: SegmentRequest,
): Promise<{ segment: number; vlan: number | null }[]> {
  const [column, { first, last }] =
    underlay === 'trunk' ? (['last_vlan', vlans] as const) : (['last_segment', segmentsWithoutVlan] as const);
  const taken = await queries.selectFrom('networks').select('segment').execute();
  const cursors = await queries.selectFrom('controller').select(['last_vlan', 'last_segment']).executeTakeFirstOrThrow();
  const segments = nextFree(new Set(taken.map(({ segment }) => segment)), first, last, count, cursors[column]);
  if (segments.length < count) {
    const free = segments.length === 1 ? '1 segment is' : `${segments.length} segments are`;
    throw new CroftError('exhausted.segments', `slice "${slice}" needs ${count} more, ${free} free of ${first} to ${last}`, {
      hint: 'Remove networks, or configure a wider range of segments.',
    });
  }
  await queries
    .updateTable('controller')
    .set({ [column]: segments.at(-1) ?? cursors[column] })
    .execute();
  return segments.map((segment) => ({ segment, vlan: underlay === 'trunk' ? segment : null }));
}
