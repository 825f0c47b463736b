/** VMs whose wanted resources exceed their node's, after a whole change. Pure. */

import type { Node } from '../node/node.ts';
import { add, capacityOf, nothing, promisedByNode, type Resources, type Share, shareOf, shortages } from './capacity.ts';

/** A VM that has a node: `demand` is its new promise, `before` its present one. */
export interface GrowingVm extends Share {
  name: string;
  before: Resources;
}

/**
 * `VM "web" outgrows its node "n1": needs 3 CPUs, 2 are free`, for each VM and each of its nodes; the target of a move counts too, as its
 * disk is there.
 */
export function outgrowths(vms: readonly GrowingVm[], nodes: ReadonlyMap<string, Node>): string[] {
  const used = promisedByNode(vms);
  return vms
    .filter(({ demand, before }) => demand.cpus > before.cpus || demand.memory > before.memory || demand.disk > before.disk)
    .flatMap((vm) =>
      [vm.nodeId, vm.movingTo].flatMap((nodeId) => {
        const node = nodes.get(nodeId ?? '');
        const capacity = node === undefined ? null : capacityOf(node);
        if (node === undefined || capacity === null) return [];
        const others = subtract(used.get(node.id) ?? nothing, nodeId === vm.nodeId ? shareOf(vm) : vm.demand);
        const words = shortages(vm.demand, capacity, others);
        return words.length === 0 ? [] : [`VM "${vm.name}" outgrows its node "${node.config.name}": ${words.join(', ')}`];
      }),
    );
}

/**
 * `VM "web" has its node "n1", and image late …`, for each image of its volumes that was not fetched: its size on the node's disk is
 * unknown before. `isFetched` receives names.
 */
export function unknownDemands(
  vm: { name: string; volumes: readonly { image: string | null }[] },
  node: string,
  isFetched: (image: string) => boolean,
): string[] {
  const missing = new Set(vm.volumes.flatMap(({ image }) => (image === null || isFetched(image) ? [] : [image])));
  return [...missing].map(
    (image) => `VM "${vm.name}" has its node "${node}", and whether that has room for the image ${image} is known once it was fetched`,
  );
}

export function subtract(left: Resources, right: Resources): Resources {
  return add(left, { cpus: -right.cpus, memory: -right.memory, disk: -right.disk });
}
