/** What is wanted on a node, put together from rows: a constant number of queries, and the same order every time. */
import type { Image } from '../model/image.ts';
import type { PortPlan, RouterNetworkPlan, RouterPlan, WantedOnNode, WantedVm } from '../model/node-plan.ts';
import type { Network, Slice } from '../model/slice.ts';
import type { Nic, Vm } from '../model/vm.ts';
import type { Queries } from './database.ts';
import { imageOf } from './images.ts';
import { networkOf, sliceOf } from './slice-rows.ts';
import { transitCidr } from './transit.ts';
import { readVms } from './vm-rows.ts';

/** `transit` is the range that transit networks are cut from. */
export async function wantedOnNode(queries: Queries, nodeId: string, transit: string): Promise<WantedOnNode> {
  const vms = await readVms(queries, (where) => where('vms.node_id', '=', nodeId));
  const images = await readImagesOn(queries, nodeId);
  const networks = await readNetworksOn(queries, nodeId);
  const networksById = new Map(networks.map((network) => [network.id, network]));
  return {
    vms: vms.map((vm) => wantedVm(vm, required(images, vm.imageId), networksById)),
    routers: await routersOn(
      queries,
      nodeId,
      Map.groupBy(networks, ({ sliceId }) => sliceId),
      transit,
    ),
  };
}

async function readImagesOn(queries: Queries, nodeId: string): Promise<Map<string, Image>> {
  const rows = await queries
    .selectFrom('images')
    .selectAll()
    .where('id', 'in', (from) => from.selectFrom('vms').select('image_id').where('node_id', '=', nodeId))
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

function wantedVm(vm: Vm, image: Image, networks: ReadonlyMap<string, Network>): WantedVm {
  const { spec, observed } = vm;
  return {
    launch: {
      id: vm.id,
      hostname: vm.name,
      cpus: spec.cpus,
      memory: spec.memory,
      disk: spec.disk,
      image: { id: image.id, sha256: image.sha256, format: image.format, size: image.size },
      ports: vm.nics.map((nic) => portOf(vm, nic, required(networks, nic.networkId))),
      userData: spec.userData,
      sshKeys: spec.sshKeys,
      boot: vm.boot,
    },
    label: `${vm.slice}/${vm.name}`,
    desired: vm.desired,
    generation: vm.generation,
    restart: spec.restart,
    restarts: observed.restarts,
    retryAt: observed.retryAt,
    attempted: observed.attempted,
  };
}

function portOf(vm: Vm, nic: Nic, { segment, spec }: Network): PortPlan {
  const model = vm.spec.nics.find(({ name }) => name === nic.name)?.model ?? 'virtio';
  return { nicId: nic.id, vmId: vm.id, mac: nic.mac, address: nic.address, segment, model, impairment: spec.impairment };
}

async function routersOn(
  queries: Queries,
  nodeId: string,
  networksBySlice: ReadonlyMap<string, Network[]>,
  transit: string,
): Promise<RouterPlan[]> {
  const rows = await queries
    .selectFrom('slices')
    .selectAll()
    .where('router_node_id', '=', nodeId)
    .where('desired', '<>', 'absent')
    .orderBy('name')
    .execute();
  const vms = await readVms(queries, (where) =>
    where.and([where('slices.router_node_id', '=', nodeId), where('vms.desired', '<>', 'absent')]),
  );
  const vmsBySlice = Map.groupBy(vms, ({ sliceId }) => sliceId);
  return rows
    .map(sliceOf)
    .filter(({ id }) => networksBySlice.has(id))
    .map((slice) => routerOf(slice, networksBySlice.get(slice.id) ?? [], vmsBySlice.get(slice.id) ?? [], transit));
}

function routerOf(slice: Slice, networks: readonly Network[], vms: readonly Vm[], transit: string): RouterPlan {
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
