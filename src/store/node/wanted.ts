/** Reads the desired state of a node: a constant number of queries, and the same order every time. */
import type { Image } from '../../model/image/image.ts';
import { prepulledImages } from '../../model/image/prepull.ts';
import { routerPlan } from '../../model/network/router-plan.ts';
import { type CarriedNetwork, carriedBy } from '../../model/network/segment.ts';
import { underlayOf } from '../../model/network/underlay.ts';
import type { NodeConfig } from '../../model/node/node.ts';
import type { LaunchImage, RouterPlan } from '../../model/node/plan.ts';
import type { Network, Slice } from '../../model/slice/slice.ts';
import { wantedVm } from '../../model/vm/launch.ts';
import type { Vm } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { nowhere, readable } from '../database/json-columns.ts';
import { imageOf } from '../image/rows.ts';
import { absent } from '../open-conditions.ts';
import { fullName } from '../slice/full-name.ts';
import { networkOf } from '../slice/rows.ts';
import { transitCidr } from '../slice/transit.ts';
import type { NodeRecords } from '../store.ts';
import { readVms } from '../vm/rows.ts';
import { readMarks } from './marks.ts';
import { readConfig } from './nodes.ts';

export interface RecordsQuestion {
  nodeId: string;
  /** Slices whose names are needed in addition to the slices that have something here. */
  seen: readonly string[];
  /** The range that transit networks are cut from. */
  transit: string;
}

/** See PlacementStore.onNode. */
export async function readNodeRecords(queries: Queries, { nodeId, seen, transit }: RecordsQuestion): Promise<NodeRecords> {
  const unreadable = new Set<string>();
  const leaveVm = ({ id, slice_id: sliceId }: { id: string; slice_id: string }) => unreadable.add(`vm:${id}`).add(`router:${sliceId}`);
  const vms = await readVms(queries, (where) => where('vms.node_id', '=', nodeId), leaveVm);
  const slices = await readSlicesOn(queries, nodeId, seen);
  const routing = slices.filter(({ routerNodeId, desired }) => routerNodeId === nodeId && desired !== 'absent');
  const routed = routing.length === 0 ? [] : await readRouted(queries, nodeId, leaveVm);
  const images = vms.length === 0 ? new Map<string, Image>() : await readImagesOn(queries, nodeId);
  const { prepulls, ...marks } = await readMarks(queries, nodeId);
  const config = await readConfig(queries, nodeId);
  const underlay = underlayOf(config);
  const networksHere =
    vms.length + routing.length === 0
      ? []
      : carriedBy(underlay.kind, await readNetworksOn(queries, nodeId, (sliceId) => unreadable.add(`router:${sliceId}`)));
  const networks = new Map(networksHere.map((network) => [network.id, network]));
  const whole = vms.filter(({ id, imageId, volumes, nics }) => {
    const needed = [imageId, ...volumes.flatMap((volume) => volume.imageId ?? [])];
    const isWhole = needed.every((image) => images.has(image)) && nics.every(({ networkId }) => networks.has(networkId));
    if (!isWhole) unreadable.add(`vm:${id}`);
    return isWhole;
  });
  return {
    wanted: {
      underlay,
      vms: whole.map((vm) => wantedVm(vm, { images, networks })),
      ...marks,
      images: prepulls ? await prepulledFor(queries, config) : [],
      routers: routersOf(routing, networksHere, routed, transit),
    },
    vms,
    unreadable,
    routed,
    leaving: slices.filter(({ routerNodeId, desired }) => routerNodeId === nodeId && desired === 'absent').map(({ id }) => id),
    sliceNames: new Map([
      ...slices.map(({ id, name }) => [id, name] as const),
      ...vms.map(({ sliceId, slice }) => [sliceId, slice] as const),
    ]),
  };
}

type SliceRow = Pick<Slice, 'id' | 'name' | 'desired' | 'transit' | 'routerNodeId'>;

/** Slices with their router here, and requested slices; sorted by name. */
function readSlicesOn(queries: Queries, nodeId: string, seen: readonly string[]): Promise<SliceRow[]> {
  return queries
    .selectFrom('slices')
    .select(['id', fullName.as('name'), 'desired', 'transit', 'router_node_id as routerNodeId'])
    .where((where) => where.or([where('router_node_id', '=', nodeId), ...(seen.length === 0 ? [] : [where('id', 'in', seen)])]))
    .orderBy('name')
    .execute();
}

function readRouted(queries: Queries, nodeId: string, left: Parameters<typeof readVms>[2]): Promise<Vm[]> {
  return readVms(queries, (where) => where.and([where('slices.router_node_id', '=', nodeId), where('vms.desired', '<>', absent)]), left);
}

async function readImagesOn(queries: Queries, nodeId: string): Promise<Map<string, Image>> {
  const rows = await queries
    .selectFrom('images')
    .selectAll()
    .where((where) =>
      where.or([
        where('id', 'in', where.selectFrom('vms').select('image_id').where('node_id', '=', nodeId)),
        where(
          'id',
          'in',
          where
            .selectFrom('volumes')
            .innerJoin('vms', 'vms.id', 'volumes.vm_id')
            .select((column) => column.ref('volumes.image_id').$notNull().as('image_id'))
            .where('vms.node_id', '=', nodeId)
            .where('volumes.image_id', 'is not', null),
        ),
      ]),
    )
    .execute();
  return new Map(readable(rows, imageOf).map((image) => [image.id, image]));
}

/** The networks of all slices that have a VM or their router on the node, sorted by name. */
async function readNetworksOn(queries: Queries, nodeId: string, left: (sliceId: string) => void): Promise<Network[]> {
  const rows = await queries
    .selectFrom('networks')
    .selectAll()
    .where((where) =>
      where.or([
        where('slice_id', 'in', where.selectFrom('vms').select('vms.slice_id').where('node_id', '=', nodeId)),
        where('slice_id', 'in', where.selectFrom('slices').select('slices.id').where('router_node_id', '=', nodeId)),
      ]),
    )
    .orderBy('name')
    .execute();
  return readable(rows, networkOf, ({ slice_id: sliceId }) => left(sliceId));
}

/** Images that the node is to have in advance. */
async function prepulledFor(queries: Queries, config: NodeConfig): Promise<LaunchImage[]> {
  const rows = await queries
    .selectFrom('images')
    .selectAll()
    .where('current', '=', 1)
    .where('prepull', '<>', nowhere)
    .orderBy('name')
    .execute();
  return prepulledImages(config, readable(rows, imageOf));
}

function routersOf(slices: readonly SliceRow[], networks: readonly CarriedNetwork[], vms: readonly Vm[], transit: string): RouterPlan[] {
  const networksBySlice = Map.groupBy(networks, ({ sliceId }) => sliceId);
  const vmsBySlice = Map.groupBy(vms, ({ sliceId }) => sliceId);
  return slices
    .filter(({ id }) => networksBySlice.has(id))
    .map(({ id, name, transit: number }) =>
      routerPlan({
        sliceId: id,
        slice: name,
        transit: transitCidr(transit, number),
        networks: networksBySlice.get(id) ?? [],
        vms: vmsBySlice.get(id) ?? [],
      }),
    );
}
