/** The state against which assignments are judged: read inside the transaction that commits them, and updated as they are accepted. */

import type { Image } from '../../model/image/image.ts';
import type { Node } from '../../model/node/node.ts';
import type { Assignment } from '../../model/placement/assignment.ts';
import { add, nothing, type Resources } from '../../model/placement/capacity.ts';
import { subtract } from '../../model/placement/outgrowth.ts';
import { PeerIndex } from '../../model/placement/peers.ts';
import type { VmSpec } from '../../model/slice/slice.ts';
import type { VmDesired } from '../../model/vm/vm.ts';
import type { Queries } from '../database/database.ts';
import { readable } from '../database/json-columns.ts';
import { imageOf } from '../image/rows.ts';
import { readNodes } from '../node/nodes.ts';
import { usageByNode } from '../node/usage.ts';
import { portions, vmSpecOf } from '../vm/rows.ts';

/** A VM or a router according to its row; a router moves at once. */
export interface Subject {
  nodeId: string | null;
  movingTo: string | null;
  demand: Resources;
}

/** The placement requirements of a VM; read only for VMs of slices with new assignments. */
export interface AskingVm {
  id: string;
  sliceId: string;
  name: string;
  spec: VmSpec;
  desired: VmDesired;
  image: Image;
  /** All images that the VM needs were fetched. */
  fetched: boolean;
}

export interface Books {
  nodes: ReadonlyMap<string, Node>;
  used: Map<string, Resources>;
  vms: ReadonlyMap<string, Subject>;
  routers: ReadonlyMap<string, Subject>;
  asking: ReadonlyMap<string, AskingVm>;
  peers: PeerIndex<AskingVm>;
}

/** Absent subjects are not included: they stay where they are until they are gone. A router leaves its node also then. */
export async function readBooks(queries: Queries, assignments: readonly Assignment[]): Promise<Books> {
  const vms = await queries
    .selectFrom('vms')
    .select(['id', 'slice_id', 'node_id', 'moving_to', 'cpus', 'memory', 'disk', 'memory_held'])
    .where('desired', '<>', 'absent')
    .execute();
  const slices = await queries.selectFrom('slices').select(['id', 'router_node_id']).execute();
  const sliceOf = new Map(vms.map((vm) => [vm.id, vm.slice_id]));
  const asking = await readAsking(queries, [
    ...new Set(assignments.flatMap(({ kind, id, nodeId }) => (kind === 'router' || nodeId === null ? [] : (sliceOf.get(id) ?? [])))),
  ]);
  return {
    nodes: new Map((await readNodes(queries)).map((node) => [node.id, node])),
    used: usageByNode(vms),
    vms: new Map(
      vms.map(({ id, node_id: nodeId, moving_to: movingTo, cpus, memory, disk }) => [
        id,
        { nodeId, movingTo, demand: { cpus, memory, disk } },
      ]),
    ),
    routers: new Map(slices.map(({ id, router_node_id: nodeId }) => [id, { nodeId, movingTo: null, demand: nothing }])),
    asking: new Map(asking.map((vm) => [vm.id, vm])),
    peers: new PeerIndex(asking),
  };
}

async function readAsking(queries: Queries, sliceIds: readonly string[]): Promise<AskingVm[]> {
  if (sliceIds.length === 0) return [];
  const images = new Map(readable(await queries.selectFrom('images').selectAll().execute(), imageOf).map((image) => [image.id, image]));
  const waiting = await queries
    .selectFrom('volumes')
    .innerJoin('images', 'images.id', 'volumes.image_id')
    .select('volumes.vm_id as vmId')
    .where('images.sha256', 'is', null)
    .execute();
  const unfetched = new Set(waiting.map(({ vmId }) => vmId));
  const asking: AskingVm[] = [];
  for (const part of portions(sliceIds)) {
    const rows = await queries
      .selectFrom('vms')
      .select(['id', 'slice_id as sliceId', 'name', 'spec', 'desired', 'image_id as imageId'])
      .where('slice_id', 'in', part)
      .where('desired', '<>', 'absent')
      .execute();
    for (const { imageId, spec, ...vm } of rows) {
      const image = images.get(imageId);
      const [read] = readable([{ name: vm.name, spec }], vmSpecOf);
      if (image !== undefined && read !== undefined)
        asking.push({ ...vm, spec: read, image, fetched: image.content !== null && !unfetched.has(vm.id) });
    }
  }
  return asking;
}

/** Moves the subject, and its share of resources, to another place. */
export function relocate({ used }: Books, subject: Subject, nodeId: string | null, movingTo: string | null): void {
  for (const place of new Set([subject.nodeId, subject.movingTo])) {
    if (place !== null) used.set(place, subtract(used.get(place) ?? nothing, subject.demand));
  }
  for (const place of new Set([nodeId, movingTo])) {
    if (place !== null) used.set(place, add(used.get(place) ?? nothing, subject.demand));
  }
  subject.nodeId = nodeId;
  subject.movingTo = movingTo;
}
