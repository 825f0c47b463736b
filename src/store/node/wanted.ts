/** What is wanted on a node, put together from rows: a constant number of queries, and the same order every time. */
import type { Image } from '../../model/image/image.ts';
import type { LaunchImage, PortPlan, RouterNetworkPlan, RouterPlan, VolumePlan, WantedVm } from '../../model/node/plan.ts';
import type { Network, Slice } from '../../model/slice/slice.ts';
import type { Nic, Vm } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { imageOf } from '../image/rows.ts';
import { absent } from '../open-conditions.ts';
import { networkOf } from '../slice/rows.ts';
import { transitCidr } from '../slice/transit.ts';
import type { NodeRecords } from '../store.ts';
import { readVms } from '../vm/rows.ts';
import { readMarks } from './marks.ts';
import { readNode } from './nodes.ts';

export interface RecordsQuestion {
  nodeId: string;
  /** Slices whose names are asked for beside those that have something here. */
  seen: readonly string[];
  /** The range that transit networks are cut from. */
  transit: string;
}

/** See PlacementStore.onNode. */
export async function readNodeRecords(queries: Queries, { nodeId, seen, transit }: RecordsQuestion): Promise<NodeRecords> {
  const vms = await readVms(queries, (where) => where('vms.node_id', '=', nodeId));
  const slices = await readSlicesOn(queries, nodeId, seen);
  const routing = slices.filter(({ routerNodeId, desired }) => routerNodeId === nodeId && desired !== 'absent');
  const routed = routing.length === 0 ? [] : await readRouted(queries, nodeId);
  const images = vms.length === 0 ? new Map<string, Image>() : await readImagesOn(queries, nodeId);
  const networks = vms.length + routing.length === 0 ? [] : await readNetworksOn(queries, nodeId);
  const networksById = new Map(networks.map((network) => [network.id, network]));
  const { prepulls, ...marks } = await readMarks(queries, nodeId);
  return {
    wanted: {
      vms: vms.map((vm) => wantedVm(vm, images, networksById)),
      ...marks,
      images: prepulls ? await prepulledOn(queries, nodeId) : [],
      routers: routersOf(routing, networks, routed, transit),
    },
    vms,
    routed,
    leaving: slices.filter(({ routerNodeId, desired }) => routerNodeId === nodeId && desired === 'absent').map(({ id }) => id),
    sliceNames: new Map([
      ...slices.map(({ id, name }) => [id, name] as const),
      ...vms.map(({ sliceId, slice }) => [sliceId, slice] as const),
    ]),
  };
}

type SliceRow = Pick<Slice, 'id' | 'name' | 'desired' | 'transit' | 'routerNodeId'>;

/** Those with their router here, and those that are asked for; sorted by name. */
function readSlicesOn(queries: Queries, nodeId: string, seen: readonly string[]): Promise<SliceRow[]> {
  return queries
    .selectFrom('slices')
    .select(['id', 'name', 'desired', 'transit', 'router_node_id as routerNodeId'])
    .where((where) => where.or([where('router_node_id', '=', nodeId), ...(seen.length === 0 ? [] : [where('id', 'in', seen)])]))
    .orderBy('name')
    .execute();
}

function readRouted(queries: Queries, nodeId: string): Promise<Vm[]> {
  return readVms(queries, (where) => where.and([where('slices.router_node_id', '=', nodeId), where('vms.desired', '<>', absent)]));
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
  return new Map(rows.map((row) => [row.id, imageOf(row)]));
}

/** Those of all slices that have a VM or their router on the node, sorted by name. */
async function readNetworksOn(queries: Queries, nodeId: string): Promise<Network[]> {
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
  return rows.map(networkOf);
}

/** Images that the node is to have in advance. */
async function prepulledOn(queries: Queries, nodeId: string): Promise<LaunchImage[]> {
  const rows = await queries
    .selectFrom('images')
    .selectAll()
    .where('current', '=', 1)
    .where('prepull', '<>', '[]')
    .orderBy('name')
    .execute();
  const node = rows.length === 0 ? null : await readNode(queries, nodeId);
  if (node === null) return [];
  const targets = new Set(['all', `pool:${node.config.pool}`, `node:${node.config.name}`]);
  return rows
    .map(imageOf)
    .filter(({ prepull }) => prepull.some((target) => targets.has(target)))
    .flatMap((image) => launchImageOf(image) ?? []);
}

/** Null where it was not fetched yet. */
function launchImageOf({ id, content }: Image): LaunchImage | null {
  return content === null ? null : { id, sha256: content.sha256, format: content.format, size: content.size };
}

/** A VM gets a node only once its image has content; a volume may be added to one that has its node already. */
function wantedVm(vm: Vm, images: ReadonlyMap<string, Image>, networks: ReadonlyMap<string, Network>): WantedVm {
  const { spec, observed } = vm;
  const image = required(images, vm.imageId);
  const base = launchImageOf(image);
  if (base === null) throw new Error(`VM ${vm.id} was placed before its image ${image.name} was there`);
  const missingImages: string[] = [];
  const volumes = vm.volumes.map(({ id, name, imageId }): VolumePlan => {
    const volumeImage = imageId === null ? null : required(images, imageId);
    const content = volumeImage === null ? null : launchImageOf(volumeImage);
    if (volumeImage !== null && content === null) missingImages.push(volumeImage.name);
    return { id, name, image: content, size: spec.volumes.find((volume) => volume.name === name)?.size ?? null };
  });
  return {
    launch: {
      id: vm.id,
      hostname: vm.name,
      cpus: spec.cpus,
      memory: spec.memory,
      disk: spec.disk,
      image: base,
      volumes,
      firmware: spec.firmware ?? image.traits.firmware,
      ports: vm.nics.map((nic) => portOf(vm, nic, required(networks, nic.networkId))),
      userData: spec.userData,
      cloudConfig: spec.cloudConfig,
      sshKeys: spec.sshKeys,
      boot: vm.boot,
    },
    label: `${vm.slice}/${vm.name}`,
    desired: vm.desired,
    generation: vm.generation,
    settled: observed.settledGeneration === vm.generation,
    missingImages,
    movingTo: vm.movingTo,
    restart: spec.restart,
    restarts: observed.restarts,
    retryAt: observed.retryAt,
    attempted: observed.attempted,
  };
}

function portOf(vm: Vm, nic: Nic, { segment, spec }: Network): PortPlan {
  const model = vm.spec.nics.find(({ name }) => name === nic.name)?.model ?? 'virtio';
  const { dhcp, impairment } = spec;
  return { nicId: nic.id, vmId: vm.id, mac: nic.mac, address: nic.address, segment, model, dhcp, impairment };
}

function routersOf(slices: readonly SliceRow[], networks: readonly Network[], vms: readonly Vm[], transit: string): RouterPlan[] {
  const networksBySlice = Map.groupBy(networks, ({ sliceId }) => sliceId);
  const vmsBySlice = Map.groupBy(vms, ({ sliceId }) => sliceId);
  return slices
    .filter(({ id }) => networksBySlice.has(id))
    .map((slice) => routerOf(slice, networksBySlice.get(slice.id) ?? [], vmsBySlice.get(slice.id) ?? [], transit));
}

function routerOf(slice: SliceRow, networks: readonly Network[], vms: readonly Vm[], transit: string): RouterPlan {
  return {
    sliceId: slice.id,
    slice: slice.name,
    transit: transitCidr(transit, slice.transit),
    networks: networks.map((network) => routerNetworkOf(network, vms)),
  };
}

function routerNetworkOf({ id, name, segment, spec }: Network, vms: readonly Vm[]): RouterNetworkPlan {
  const { cidr, gateway, internet, dhcp } = spec;
  return {
    networkId: id,
    name,
    segment,
    cidr,
    gateway,
    internet,
    dhcp,
    leases: vms.flatMap((vm) =>
      vm.nics.filter((nic) => nic.networkId === id).map(({ mac, address }) => ({ mac, address, hostname: vm.name })),
    ),
    names: namesOn(id, vms),
  };
}

/**
 * A VM of the network is named by its address there. Another one by those that it has in networks which some VM of this one
 * is in too: guests ask the server of their first network also for those whom they reach by another.
 */
function namesOn(networkId: string, vms: readonly Vm[]): RouterNetworkPlan['names'] {
  const isHere = ({ nics }: Vm): boolean => nics.some((nic) => nic.networkId === networkId);
  const near = new Set(vms.filter(isHere).flatMap(({ nics }) => nics.map((nic) => nic.networkId)));
  return vms.flatMap((vm) => {
    const shared = vm.nics.filter((nic) => (isHere(vm) ? nic.networkId === networkId : near.has(nic.networkId)));
    return (shared.length > 0 ? shared : vm.nics.slice(0, 1)).map(({ address }) => ({ hostname: vm.name, address }));
  });
}

/** Foreign keys see to it that it is there. */
function required<Value>(values: ReadonlyMap<string, Value>, id: string): Value {
  const value = values.get(id);
  if (value === undefined) throw new Error(`no row ${id}, although another refers to it`);
  return value;
}
